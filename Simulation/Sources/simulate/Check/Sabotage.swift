@testable import TracewireStore

/// What breaks a database behind everybody's back, to see that the checker finds it.
enum Sabotage {
    static func afterRestart(_ breaks: Break, _ path: String) {
        let sql: String
        switch breaks {
        case .forgetSequence: sql = "UPDATE producers SET last_sequence = last_sequence - 1 WHERE last_sequence > 0"
        case .changeStatus: sql = "UPDATE nodes SET status = 'running' WHERE status = 'completed'"
        case .dropRejected: sql = "DELETE FROM rejected_records WHERE id = (SELECT max(id) FROM rejected_records)"
        case .ackBeforeCommit, .skipSync, .loseSpool, .stayAway, .neverEnd: return
        }
        // The writer is the only one that writes, and is not writing now.
        guard let connection = try? TracewireStore.Connection(path: path, flags: 2) else { return }
        connection.configure(1006, 1)
        try? connection.execute(sql)
    }
}
