import CSQLite
import TracewireProtocol

@testable import TracewireStore

extension StoreWriter {
    /// What SQLite has done for the statements that the writer has at hand, in steps of its virtual machine. A row that is
    /// read takes about a dozen.
    var operations: Int {
        var sum = 0
        var next = sqlite3_next_stmt(connection.handle, nil)
        while let statement = next {
            sum += Int(sqlite3_stmt_status(statement, SQLITE_STMTSTATUS_VM_STEP, 0))
            next = sqlite3_next_stmt(connection.handle, statement)
        }
        return sum
    }
}

extension Recorder {
    /// One step of looking for lost values, as pruning and maintenance do it, of about so many rows. Returns whether there
    /// is more to look for.
    func restoreExtremes(rows: Int) throws -> Bool {
        try writer.write { () throws(StoreError) in try writer.applier.rollups.restoreExtremes(rows: rows) }
    }

    /// How many rollups have lost a value that was not found again.
    func lostExtremes() throws -> Value {
        try value("SELECT count(*) FROM lost_extremes")
    }
}
