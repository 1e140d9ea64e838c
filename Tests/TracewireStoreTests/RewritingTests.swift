import CSQLite
import Glibc
import Testing
import TracewireProtocol

@testable import TracewireStore

/// A database whose pages have no checksums is written anew when a collector opens it.
struct RewritingTests {
    private let database: TemporaryDatabase

    init() throws {
        database = try TemporaryDatabase()
        try writeFile(database.path, "")
    }

    private func isSealed() throws -> Bool {
        PageChecksums.isSealed(header: Array(try readFile(database.path).prefix(100)))
    }

    private func makeOld(version: Int64 = Migrations.newestVersion - 1) throws {
        let connection = try Connection(path: database.path, flags: SQLITE_OPEN_READWRITE)
        try Migrations.migrate(connection, path: database.path, to: version)
        try connection.execute(
            "INSERT INTO users VALUES (1, x'01', 'kim', NULL, 1, 1); PRAGMA wal_checkpoint(TRUNCATE)")
    }

    private func expectRewritten() throws {
        let writer = try StoreWriter(path: database.path)
        #expect(try writer.connection.integer("SELECT count(*) FROM users WHERE username = 'kim'") == 1)
        #expect(try writer.connection.integer("PRAGMA user_version") == Migrations.newestVersion)
        #expect(try writer.connection.integer("PRAGMA auto_vacuum") == 2)
        writer.close()
        #expect(try isSealed())
        #expect(access(database.path + ".unfinished", F_OK) != 0)
    }

    @Test func `it has every row then, and checksums`() throws {
        try makeOld()
        #expect(try !isSealed())
        try expectRewritten()
    }

    @Test func `where that cannot be done, the version that wrote it can open it as before`() throws {
        try makeOld(version: 9)
        // What a backup that was cut off would be called is a directory.
        try #require(mkdir(database.path + ".unfinished", 0o700) == 0)
        #expect(throws: StoreError.self) { try StoreWriter(path: database.path).close() }
        #expect(try PlainConnection(database.path).value("PRAGMA user_version") == .integer(10))
        #expect(try !isSealed())
        rmdir(database.path + ".unfinished")
        try expectRewritten()
    }

    @Test func `without room for it nothing is begun, and it is said how much is needed`() throws {
        try makeOld()
        var bytes: Int64 = 0
        do {
            let plain = try PlainConnection(database.path)
            guard case .integer(let pages) = try plain.value("PRAGMA page_count"),
                case .integer(let size) = try plain.value("PRAGMA page_size")
            else { return #expect(Bool(false), "there are no such numbers") }
            bytes = pages * size
        }
        let error = #expect(throws: StoreError.self) {
            try Rewriting.run(database.path) { _ in UInt64(bytes) - 1 }
        }
        #expect(error?.code == .diskFull && error?.message.contains("needs \(bytes) bytes") == true, "\(error as Any)")
        #expect(access(database.path + ".unfinished", F_OK) != 0)
        #expect(try !isSealed())
        try Rewriting.run(database.path) { _ in UInt64(bytes) }
        #expect(try isSealed())
        try expectRewritten()
    }

    @Test func `what stood in its log only comes along`() throws {
        try makeOld()
        let connection = try Connection(path: database.path, flags: SQLITE_OPEN_READWRITE)
        connection.configure(SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1)
        try connection.execute("INSERT INTO users VALUES (2, x'02', 'lee', NULL, 1, 1)")
        let killed = try TemporaryDatabase()
        for suffix in ["", "-wal"] { try writeFile(killed.path + suffix, try readFile(database.path + suffix)) }
        let writer = try StoreWriter(path: killed.path)
        #expect(try writer.connection.integer("SELECT count(*) FROM users") == 2)
        writer.close()
    }

    @Test func `what another program has copied of a sealed database is not sealed, and is written anew as well`()
        throws
    {
        let recorder = try Recorder()
        try recorder.writer.connection.execute("INSERT INTO users VALUES (1, x'01', 'kim', NULL, 1, 1)")
        unlink(database.path)
        let plain = try PlainConnection(recorder.database.path, writes: false)
        try plain.execute("VACUUM INTO '\(database.path)'")
        #expect(try !isSealed())
        try expectRewritten()
    }

    @Test func `the rights to the file stay as they were`() throws {
        try makeOld()
        chmod(database.path, 0o640)
        try expectRewritten()
        var status = stat()
        try #require(stat(database.path, &status) == 0)
        #expect(status.st_mode & 0o777 == 0o640)
    }

    @Test func `it waits for no program that reads, and says that it has to end`() throws {
        try makeOld()
        let reading = try Connection(path: database.path, flags: SQLITE_OPEN_READONLY)
        try reading.execute("BEGIN")
        #expect(try reading.integer("SELECT count(*) FROM users") == 1)
        #expect {
            try StoreWriter(path: database.path)
        } throws: { error in
            (error as? StoreError)?.code == .busy && "\(error)".contains("End ")
        }
        try reading.execute("COMMIT")
        #expect(try !isSealed())
    }

    @Test func `a database of a newer version is left as it is`() throws {
        try makeOld()
        try PlainConnection(database.path, create: true).execute(
            "PRAGMA user_version = 99; PRAGMA wal_checkpoint(TRUNCATE)")
        let before = try readFile(database.path)
        #expect {
            try StoreWriter(path: database.path)
        } throws: { error in
            (error as? StoreError)?.code == .newerSchema
        }
        #expect(try readFile(database.path) == before)
    }

    @Test func `a copy by backup is sealed from its first page on, however large it is`() throws {
        let recorder = try Recorder()
        try recorder.writer.connection.execute(
            """
            CREATE TABLE large (id INTEGER PRIMARY KEY, text TEXT);
            WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < 4000)
            INSERT INTO large SELECT n, printf('%.*c', 4000, 'x') FROM numbers
            """)
        let answer = try StoreReader(path: recorder.database.path).report(
            "backup", ["path": .text(database.path), "replace": .integer(1)])
        #expect(answer.summary.code == .ok, "\(answer.summary.message)")
        #expect(try isSealed())
        let copy = try Connection(path: database.path, flags: SQLITE_OPEN_READONLY)
        #expect(try copy.integer("SELECT count(*) FROM pragma_integrity_check WHERE integrity_check = 'ok'") == 1)
        #expect(try copy.integer("SELECT sum(length(text)) FROM large") == 16_000_000)
    }
}
