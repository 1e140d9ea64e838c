internal import CSQLite

/// Brings a database to the newest version of the schema. `user_version` says which version a database has.
enum Migrations {
    /// `application_id` of a Tracewire database: the letters `TRCW`.
    static let applicationID: Int64 = 0x5452_4357

    static let newestVersion: Int64 = 11
    /// Since then each page has a checksum. A program that knows none must not write to such a database.
    static let firstCheckedVersion: Int64 = 11

    /// Writing the workload of 1,000 workflows takes 0.50 s of processor time with pages of this size, 0.69 s with half
    /// of it and 0.48 s with twice as much, which makes a reader's small cache hold few pages.
    private static let pageSize = 8192

    /// Lets the file shrink. Like checksums it has to be said before anything is written.
    static let shrinking = "PRAGMA auto_vacuum = INCREMENTAL"

    /// Migrates the database of a connection that may write: an empty file gets everything. Each version is a transaction of
    /// its own: a process that dies in the middle leaves a database of an older version, which the next one migrates.
    ///
    /// - Parameter newest: less than ``newestVersion`` where a test wants an older database.
    static func migrate(
        _ connection: Connection, path: String, to newest: Int64 = newestVersion
    ) throws(StoreError) {
        if try isEmpty(connection) {
            // These have to come before anything is written, the last one last; the journal's mode stays in the file.
            try connection.execute("PRAGMA page_size = \(pageSize)")
            if newest >= firstCheckedVersion { PageChecksums.reserve(connection) }
            try connection.execute(shrinking)
        } else {
            try check(connection, path: path)
        }
        try connection.execute("PRAGMA journal_mode = WAL")
        for version in stride(from: try connection.integer("PRAGMA user_version"), to: newest, by: 1) {
            try connection.transaction { () throws(StoreError) in
                try connection.execute("PRAGMA application_id = \(applicationID)")
                try migrate(connection, from: version)
                try connection.execute("PRAGMA user_version = \(version + 1)")
            }
        }
    }

    /// To the next version.
    private static func migrate(_ connection: Connection, from version: Int64) throws(StoreError) {
        switch version {
        case 0: try connection.execute(Schema.version1)
        case 1: try connection.execute(Schema.version2)
        case 2: try connection.execute(Schema.version3)
        case 3: try connection.execute(Schema.version4)
        case 4: try connection.execute(Schema.version5)
        case 5: try connection.execute(Schema.version6)
        case 6: try connection.execute(Schema.version7)
        case 7: try connection.execute(Schema.version8)
        case 8: try connection.execute(Schema.version9)
        case 9: try countCallsOfNodes(connection)
        // Version 11 is about pages: see ``Rewriting``.
        default: break
        }
    }

    /// Version 10: rollups of nodes count the calls that were made in them, too. Those of databases before version 4, which had none,
    /// are made here as well.
    private static func countCallsOfNodes(_ connection: Connection) throws(StoreError) {
        try RollupRebuild.run(connection, nowMs: connection.integer("SELECT strftime('%s', 'now')") * 1000)
        try connection.execute("DELETE FROM lost_extremes")
    }

    /// Refuses what is not a Tracewire database of a version that this program knows.
    static func check(_ connection: Connection, path: String) throws(StoreError) {
        guard try connection.integer("PRAGMA application_id") == applicationID else {
            throw StoreError(
                .notADatabase,
                "\(path) is a database of another program. Name a Tracewire database, or a file that does not exist yet."
            )
        }
        let version = try connection.integer("PRAGMA user_version")
        guard (0...newestVersion).contains(version) else {
            throw StoreError(
                .newerSchema,
                "\(path) has schema version \(version), and this program knows versions up to \(newestVersion). "
                    + "Update Tracewire, or name another database.")
        }
    }

    private static func isEmpty(_ connection: Connection) throws(StoreError) -> Bool {
        let objects = try connection.integer("SELECT count(*) FROM sqlite_schema")
        let application = try connection.integer("PRAGMA application_id")
        let version = try connection.integer("PRAGMA user_version")
        return objects == 0 && application == 0 && version == 0
    }
}
