internal import TracewireProtocol

/// What was committed, event by event: who watches reads on from the last position that he has seen, also after a restart.
///
/// A row holds the events of one commit, so that the feed costs a commit one small row. Its key is the position of the last of
/// them: events are numbered from 1 without a gap.
final class Feed {
    /// Events that are kept, at least.
    static let kept: Int64 = 1_000_000

    private let insertion: Statement
    private let pruning: Statement
    private let finding: Statement
    private var events: [FeedEvent] = []
    /// The last event's that is durable, or will be with this transaction.
    private(set) var position: Int64
    private var committed: Int64

    init(_ connection: Connection) throws(StoreError) {
        insertion = try Statement(connection, "INSERT INTO feed (position, events) VALUES (?, ?)")
        // The newest stays, whatever it holds: it says where the next begins.
        pruning = try Statement(connection, "DELETE FROM feed WHERE position <= ? AND position < ?")
        finding = try Statement(connection, "SELECT coalesce(max(position), 0) FROM feed")
        (position, committed) = (0, 0)
        defer { finding.reset() }
        if try finding.step() { (position, committed) = (finding.integer(0), finding.integer(0)) }
    }

    func note(_ kind: FeedEvent.Kind, row: Int64) {
        events.append(FeedEvent(kind: kind, row: row))
    }

    /// Keeps a place for an event whose row is not written yet; returns it for ``fill(_:row:)``.
    func reserve(_ kind: FeedEvent.Kind) -> Int {
        events.append(FeedEvent(kind: kind, row: 0))
        return events.count - 1
    }

    func fill(_ place: Int, row: Int64) {
        if place < events.count { events[place].row = row }
    }

    /// Writes the transaction's events.
    func flush() throws(StoreError) {
        events.removeAll { $0.row == 0 }
        guard !events.isEmpty else { return }
        let last = position + Int64(events.count)
        let bytes = FeedEvent.encode(events)
        events.removeAll(keepingCapacity: true)
        insertion.bind(1, last)
        insertion.bind(2, copying: .blob(bytes))
        try insertion.run()
        position = last
        pruning.bind(1, last - Self.kept)
        pruning.bind(2, last)
        try pruning.run()
    }

    /// What was written is durable.
    func settle() {
        committed = position
    }

    /// After a rollback.
    func forget() {
        events.removeAll(keepingCapacity: true)
        position = committed
    }
}
