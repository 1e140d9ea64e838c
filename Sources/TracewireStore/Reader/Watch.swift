internal import CSQLite
internal import TracewireProtocol

/// Ends a statement that runs too long or is not wanted any more: SQLite asks it every few instructions, the row loop
/// between rows, ``MemoryBudget`` before large allocations, and ``BoundedFunctions`` while they work.
final class Watch {
    /// Instructions of SQLite's virtual machine between two questions. Usually they take less than a microsecond, but one
    /// that works on a value of the largest size takes up to a tenth of a second.
    private static let instructions: Int32 = 25

    private var connections: [Connection]
    private let control: QueryControl
    private let deadline: ContinuousClock.Instant
    private let timeoutMs: UInt32

    /// - Parameter timeoutMs: how long the query may take from `start` on, in milliseconds.
    init(
        _ connections: [Connection], _ control: QueryControl, start: ContinuousClock.Instant, timeoutMs: UInt32
    ) {
        self.connections = connections
        self.control = control
        self.timeoutMs = timeoutMs
        let deadline = start + .milliseconds(Int(timeoutMs))
        self.deadline = control.deadline.map { min($0, deadline) } ?? deadline
        for connection in connections { watch(connection) }
    }

    /// Watches over one more connection.
    func add(_ connection: Connection) {
        connections.append(connection)
        watch(connection)
    }

    private func watch(_ connection: Connection) {
        // The handler goes away in `deinit`, before this object does.
        sqlite3_progress_handler(
            connection.handle, Self.instructions,
            { context in
                guard let context else { return 0 }
                return Unmanaged<Watch>.fromOpaque(context).takeUnretainedValue().isOver ? 1 : 0
            }, Unmanaged.passUnretained(self).toOpaque())
    }

    deinit {
        for connection in connections { sqlite3_progress_handler(connection.handle, 0, nil, nil) }
    }

    /// Whether the query has to end now.
    var isOver: Bool { control.isCancelled || ContinuousClock.now >= deadline }

    /// Why the query has to end now, if it has to.
    var fault: QueryFault? {
        if control.isCancelled { return QueryFault(.cancelled, "the query was cancelled") }
        if ContinuousClock.now >= deadline {
            return QueryFault(.deadlineExceeded, "the query took longer than the \(timeoutMs) ms that it may")
        }
        return nil
    }
}
