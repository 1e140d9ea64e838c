import CSQLite
import Glibc
import Testing
import TracewireProtocol

@testable import TracewireStore

/// A directory that goes away with its last user, and the path of a database in it.
final class TemporaryDatabase {
    let directory: String
    var path: String { directory + "/trace.db" }

    init() throws {
        var template = Array("/tmp/tracewire-store-XXXXXX".utf8CString)
        let made = template.withUnsafeMutableBufferPointer { $0.baseAddress.flatMap { mkdtemp($0) } }
        directory = String(cString: try #require(made))
    }

    deinit {
        for name in [
            "trace.db", "trace.db-wal", "trace.db-shm", "trace.db.lock", "plain.db", "plain.db-journal",
            "trace.db.unfinished", "trace.db.projects/own.db", "trace.db.projects/own.db-wal",
            "trace.db.projects/own.db-shm",
        ] {
            unlink(directory + "/" + name)
        }
        rmdir(path + ".projects")
        rmdir(directory)
    }
}

/// SQLite without anything of the store's: what `sqlite3 FILE` sees.
final class PlainConnection {
    private let handle: OpaquePointer

    /// - Parameter create: whether it makes the file, as other programs do.
    /// - Parameter writes: whether it may change a database of ours, as only the store can, whose pages have checksums.
    init(_ path: String, create: Bool = false, writes: Bool = true) throws {
        // The store's settings for all of SQLite have to come before SQLite is used at all.
        _ = Connection.isSQLiteConfigured
        var handle: OpaquePointer?
        let flags = SQLITE_OPEN_READWRITE | (create ? SQLITE_OPEN_CREATE : 0)
        let result = sqlite3_open_v2(path, &handle, flags, writes && !create ? Connection.checkedPages : nil)
        self.handle = try #require(handle)
        try #require(result == SQLITE_OK)
        sqlite3_wal_autocheckpoint(self.handle, 0)
        tracewire_sqlite3_db_config(self.handle, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1)
    }

    deinit { sqlite3_close_v2(handle) }

    func execute(_ sql: String) throws {
        let result = sqlite3_exec(handle, sql, nil, nil, nil)
        try #require(result == SQLITE_OK, "\(String(cString: sqlite3_errmsg(handle)))")
    }

    /// As `.backup` of `sqlite3` does.
    func backUp(to path: String) throws {
        let copy = try PlainConnection(path, create: true)
        let backup = try #require(sqlite3_backup_init(copy.handle, "main", handle, "main"))
        let result = sqlite3_backup_step(backup, -1)
        sqlite3_backup_finish(backup)
        try #require(result == SQLITE_DONE)
    }

    /// SQLite's result code.
    func result(_ sql: String) -> Int32 { sqlite3_exec(handle, sql, nil, nil, nil) }

    func rows(_ sql: String) throws -> [[Value]] {
        var statement: OpaquePointer?
        try #require(
            sqlite3_prepare_v2(handle, sql, -1, &statement, nil) == SQLITE_OK,
            "\(String(cString: sqlite3_errmsg(handle)))")
        defer { sqlite3_finalize(statement) }
        var rows: [[Value]] = []
        while sqlite3_step(statement) == SQLITE_ROW {
            rows.append((0..<sqlite3_column_count(statement)).map { Self.value(statement, $0) })
        }
        return rows
    }

    func value(_ sql: String) throws -> Value {
        try #require(try rows(sql).first?.first)
    }

    private static func value(_ statement: OpaquePointer?, _ index: Int32) -> Value {
        let count = Int(sqlite3_column_bytes(statement, index))
        let bytes = UnsafeRawBufferPointer(start: sqlite3_column_blob(statement, index), count: count)
        switch sqlite3_column_type(statement, index) {
        case SQLITE_INTEGER: return .integer(sqlite3_column_int64(statement, index))
        case SQLITE_FLOAT: return .real(sqlite3_column_double(statement, index))
        case SQLITE_TEXT: return .text(String(decoding: bytes, as: UTF8.self))
        case SQLITE_BLOB: return .blob([UInt8](bytes))
        default: return .null
        }
    }
}
