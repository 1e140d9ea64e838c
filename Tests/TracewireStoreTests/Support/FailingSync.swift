import CSQLite
import Testing

@testable import TracewireStore

/// Makes the syncs of one of a connection's files fail, as a broken disk does.
final class FailingSync {
    private let file: UnsafeMutablePointer<sqlite3_file>
    private let methods: UnsafePointer<sqlite3_io_methods>?
    private let failing = UnsafeMutablePointer<sqlite3_io_methods>.allocate(capacity: 1)

    /// - Parameter pointer: which file: `SQLITE_FCNTL_FILE_POINTER`, or `SQLITE_FCNTL_JOURNAL_POINTER` for the log.
    init(_ connection: Connection, _ pointer: Int32) throws {
        var found: UnsafeMutablePointer<sqlite3_file>?
        try #require(sqlite3_file_control(connection.handle, "main", pointer, &found) == SQLITE_OK)
        file = try #require(found)
        methods = file.pointee.pMethods
        failing.initialize(to: try #require(methods).pointee)
        failing.pointee.xSync = { _, _ in SQLITE_IOERR | 4 << 8 }
        file.pointee.pMethods = UnsafePointer(failing)
    }

    /// Has to be called before the connection is closed.
    func mend() {
        file.pointee.pMethods = methods
    }

    deinit {
        failing.deallocate()
    }
}
