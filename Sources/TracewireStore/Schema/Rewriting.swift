internal import CSQLite
internal import Glibc
internal import TracewireProtocol

/// Writes a database anew, once, that was made before version 11 or by other means: its pages get checksums, and the file can shrink.
/// Neither can be had in place.
///
/// The new file takes the name of the old one when it is whole. It needs as much room beside it as the rows take.
enum Rewriting {
    /// - Parameters:
    ///   - path: a database that no other collector may open meanwhile.
    ///   - freeBytes: how many there are where that is; `nil` if that is not known.
    /// - Throws: what ``Migrations/migrate(_:path:to:)`` does; `busy` while another program reads it; `disk_full`; or what the
    ///   disk says.
    static func run(_ path: String, freeBytes: (String) -> UInt64? = freeBytes(at:)) throws(StoreError) {
        guard DatabaseHeader.isWithoutChecksums(path) else { return }
        let file = try copy(path, freeBytes)
        try keepOwner(of: path, for: file.unfinished)
        try settling { () throws(QueryFault) in try file.finish() }
    }

    /// The copy, not in its place yet. Nobody has the database open then.
    private static func copy(_ path: String, _ freeBytes: (String) -> UInt64?) throws(StoreError) -> BackupFile {
        let connection = try Connection(path: path, flags: SQLITE_OPEN_READWRITE)
        sqlite3_busy_timeout(connection.handle, StoreWriter.busyMs)
        try WriteAheadLog.settle(connection)
        // Only the new file is of the version that earlier programs do not open.
        try Migrations.migrate(connection, path: path, to: Migrations.firstCheckedVersion - 1)
        try endLog(connection, path)
        try requireRoom(connection, path, freeBytes(path))
        let file = try settling { () throws(QueryFault) in try BackupFile(path, mayReplace: true, of: nil) }
        PageChecksums.reserve(connection)
        try connection.execute(Migrations.shrinking)
        let vacuum = try Statement(connection, "VACUUM INTO ?")
        vacuum.bind(1, copying: file.unfinished)
        try vacuum.run()
        return file
    }

    /// What is left of the log would be taken for the new file's. SQLite gives it up only when nobody else reads the database.
    private static func endLog(_ connection: Connection, _ path: String) throws(StoreError) {
        do throws(StoreError) {
            try connection.execute("PRAGMA journal_mode = DELETE")
        } catch {
            guard error.code == .busy else { throw error }
            throw StoreError(
                .busy,
                "\(path) has to be written anew, once, and another program reads it. End that program, and start again."
            )
        }
    }

    /// Said before the disk is filled in vain.
    private static func requireRoom(_ connection: Connection, _ path: String, _ free: UInt64?) throws(StoreError) {
        let pages = try connection.integer("PRAGMA page_count") - connection.integer("PRAGMA freelist_count")
        let bytes = try pages * connection.integer("PRAGMA page_size")
        guard let free, free < UInt64(clamping: bytes) else { return }
        throw StoreError(
            .diskFull,
            "\(path) has to be written anew, once, and needs \(bytes) bytes beside it for that; there are \(free). Make room, and "
                + "start again. Nothing was lost.")
    }

    private static func freeBytes(at path: String) -> UInt64? {
        var system = statvfs()
        return statvfs(path, &system) == 0 ? UInt64(system.f_bavail) * UInt64(system.f_frsize) : nil
    }

    /// What its owner has said of who may read it holds for the new file. Another owner's file only root can give back.
    private static func keepOwner(of path: String, for copy: String) throws(StoreError) {
        var status = stat()
        guard stat(path, &status) == 0, chmod(copy, status.st_mode & 0o777) == 0 else {
            throw StoreError(.io, "\(path) cannot be written anew: \(String(cString: strerror(errno)))")
        }
        _ = chown(copy, status.st_uid, status.st_gid)
    }

    private static func settling<Result>(_ body: () throws(QueryFault) -> Result) throws(StoreError) -> Result {
        do throws(QueryFault) {
            return try body()
        } catch {
            throw StoreError(.io, "The database has to be written anew, once: \(error.message)")
        }
    }
}
