internal import CSQLite
internal import TracewireProtocol

/// Ends a statement that runs too long or is not wanted any more: SQLite asks it every few thousand instructions, and
/// the row loop between rows.
final class Watch {
    /// Instructions of SQLite's virtual machine between two questions: some 20 µs.
    private static let instructions: Int32 = 4_000

    private let connection: Connection
    private let control: QueryControl
    private let deadline: ContinuousClock.Instant
    private let timeoutMs: UInt32

    /// - Parameter timeoutMs: how long the query may take from `start` on, in milliseconds.
    init(_ connection: Connection, _ control: QueryControl, start: ContinuousClock.Instant, timeoutMs: UInt32) {
        self.connection = connection
        self.control = control
        self.timeoutMs = timeoutMs
        let deadline = start + .milliseconds(Int(timeoutMs))
        self.deadline = control.deadline.map { min($0, deadline) } ?? deadline
        // The handler goes away in `deinit`, before this object does.
        sqlite3_progress_handler(
            connection.handle, Self.instructions,
            { context in
                guard let context else { return 0 }
                return Unmanaged<Watch>.fromOpaque(context).takeUnretainedValue().fault == nil ? 0 : 1
            }, Unmanaged.passUnretained(self).toOpaque())
    }

    deinit {
        sqlite3_progress_handler(connection.handle, 0, nil, nil)
    }

    /// Why the query has to end now, if it has to.
    var fault: QueryFault? {
        if control.isCancelled { return QueryFault(.cancelled, "the query was cancelled") }
        if ContinuousClock.now >= deadline {
            return QueryFault(.deadlineExceeded, "the query took longer than the \(timeoutMs) ms that it may")
        }
        return nil
    }
}
