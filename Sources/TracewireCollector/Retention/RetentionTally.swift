/// What was removed by itself since the collector started, for `status`.
struct RetentionTally: Equatable, Sendable {
    var workflowsForAge = 0
    var workflowsForRoom = 0
    /// Rejected records and such as waited for a parent.
    var records = 0
    /// When, for the last time, in milliseconds since 1970.
    var lastMs: Int64?
    /// Why the database takes more than it may; `nil` if it does not.
    var shortage: Shortage?
    /// Why the last step failed; `nil` if it did not.
    var error: String?

    /// Why nothing that is left can be done about a database that is too large.
    enum Shortage: String, Sendable {
        case runningOnly =
            "what is left are workflows that run, users, rejected records and sums; give it more room with --max-disk, or see 'tracewire workflows --status running'"
        case logInUse = "a query or a backup that reads keeps the database's log from being emptied"
    }

    /// Something was removed.
    mutating func add(_ count: Int, by step: Retention.Step, atMs: Int64) {
        guard count > 0 else { return }
        lastMs = atMs
        switch step {
        case .prune(.age, _): workflowsForAge += count
        case .prune(.room, _): workflowsForRoom += count
        case .forgetRecords: records += count
        case .clear, .giveBack, .emptyLog, .rest: break
        }
    }
}
