internal import CPageChecksums
internal import CSQLite

/// A connection to the database file, confined to one thread.
final class Connection {
    let handle: OpaquePointer

    /// Says what holds for all of SQLite, before it is used at all: later it does nothing, and while SQLite starts it
    /// would leave some memory to one allocator and some to the other.
    ///
    /// Without its count of allocated bytes SQLite's allocations take no process-wide lock.
    static let isSQLiteConfigured =
        tracewire_sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0) == SQLITE_OK && MemoryBudget.install()

    /// The name of the VFS by which each page of a database has a checksum; `nil` if there was no memory for it. Also where
    /// SQLite was in use before, and could not be configured any more.
    static let checkedPages: String? = {
        _ = isSQLiteConfigured
        return page_checksums_register().map { String(cString: $0) }
    }()

    /// - Parameter flags: `SQLITE_OPEN_…`; the store confines connections itself, so SQLite need not lock them.
    /// - Parameter checksPages: not where a file is made that is for any SQLite.
    init(path: String, flags: Int32, checksPages: Bool = true) throws(StoreError) {
        _ = Self.isSQLiteConfigured
        // Without it pages would be handed out that nobody has compared.
        guard !checksPages || Self.checkedPages != nil else { throw Self.outOfMemory }
        var handle: OpaquePointer?
        let result = sqlite3_open_v2(
            path, &handle, flags | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, checksPages ? Self.checkedPages : nil)
        guard let handle else { throw Self.outOfMemory }
        self.handle = handle
        // Throwing here runs `deinit`, which closes the handle.
        guard result == SQLITE_OK else { throw failure(result) }
    }

    private static var outOfMemory: StoreError { StoreError(sqlite: SQLITE_NOMEM, detail: "out of memory") }

    deinit {
        sqlite3_close_v2(handle)
    }

    /// SQLite's own words for the last failure.
    var message: String { String(cString: sqlite3_errmsg(handle)) }

    func failure(_ result: Int32) -> StoreError {
        StoreError(sqlite: result, detail: message)
    }

    /// Runs one or more statements that give no rows.
    func execute(_ sql: String) throws(StoreError) {
        let result = sqlite3_exec(handle, sql, nil, nil, nil)
        guard result == SQLITE_OK else { throw failure(result) }
    }

    /// Runs a statement that gives one integer, or nothing (0).
    func integer(_ sql: String) throws(StoreError) -> Int64 {
        let statement = try Statement(self, sql)
        return try statement.step() ? statement.integer(0) : 0
    }

    func configure(_ operation: Int32, _ value: Int32) {
        tracewire_sqlite3_db_config(handle, operation, value)
    }

    /// Rows that the last statement inserted, changed or deleted.
    var changes: Int { Int(sqlite3_changes64(handle)) }
    /// The key of the row that was inserted last.
    var lastRowID: Int64 { sqlite3_last_insert_rowid(handle) }

    /// Runs `body` in one transaction: all of it is committed, or none.
    ///
    /// After an error the transaction is rolled back, whether SQLite did so already or not.
    ///
    /// - Parameter reading: whether it only reads: then it sees one snapshot, and takes no lock.
    func transaction<Result>(
        reading: Bool = false, _ body: () throws(StoreError) -> Result
    ) throws(StoreError) -> Result {
        try execute(reading ? "BEGIN" : "BEGIN IMMEDIATE")
        do throws(StoreError) {
            let result = try body()
            try execute("COMMIT")
            return result
        } catch {
            if sqlite3_get_autocommit(handle) == 0 { sqlite3_exec(handle, "ROLLBACK", nil, nil, nil) }
            throw error
        }
    }
}
