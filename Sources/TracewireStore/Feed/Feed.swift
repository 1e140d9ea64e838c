internal import TracewireProtocol

/// What was committed, event by event: who watches reads on from the last position that he has seen, also after a restart.
///
/// A row holds events of one commit, so that the feed costs a commit one small row, or a few. Its key is the position of the
/// last of them: events are numbered from 1 without a gap.
final class Feed {
    /// Events that are kept, at least.
    static let kept: Int64 = 1_000_000
    /// Most events of a row, which is what is read of it at a time.
    static let eventsPerRow = 4_096
    /// Beyond what any number of commits leads to: a damaged file says it.
    private static let latest: Int64 = 1 << 62

    private let insertion: Statement
    private let pruning: Statement
    private var events: [FeedEvent] = []
    /// The last event's that is durable, or will be with this transaction.
    private(set) var position: Int64
    private var committed: Int64

    init(_ connection: Connection) throws(StoreError) {
        insertion = try Statement(connection, "INSERT INTO feed (position, events) VALUES (?, ?)")
        // The newest stays, whatever it holds: it says where the next begins.
        pruning = try Statement(connection, "DELETE FROM feed WHERE position <= ? AND position < ?")
        // Nobody can go on behind such a number, and it is not worth a collector that does not start.
        try connection.execute("DELETE FROM feed WHERE position NOT BETWEEN 1 AND \(Self.latest)")
        position = try connection.integer("SELECT coalesce(max(position), 0) FROM feed")
        committed = position
    }

    func note(_ kind: FeedEvent.Kind, row: Int64) {
        events.append(FeedEvent(kind: kind, row: row))
    }

    /// The status that a workflow or node has reached.
    func note(_ entity: StatusEntity, _ status: Status, row: Int64) {
        if let kind = FeedEvent.Kind(entity, status) { note(kind, row: row) }
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
        for start in stride(from: 0, to: events.count, by: Self.eventsPerRow) {
            let row = events[start..<min(start + Self.eventsPerRow, events.count)]
            position += Int64(row.count)
            insertion.bind(1, position)
            insertion.bind(2, copying: .blob(FeedEvent.encode(row)))
            try insertion.run()
        }
        events.removeAll(keepingCapacity: true)
        pruning.bind(1, position - Self.kept)
        pruning.bind(2, position)
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

    /// Notes that events from now on are this program's: a copy of the database has none of them, whatever it calls its own.
    static func begin(_ connection: Connection, nowMs: Int64) throws(StoreError) {
        let statement = try Statement(
            connection,
            "INSERT OR REPLACE INTO feed_origins SELECT coalesce(max(position), 0), ?1 FROM feed")
        statement.bind(1, Identifier(milliseconds: nowMs))
        try statement.run()
        // Those of events that are gone.
        try connection.execute(
            """
            DELETE FROM feed_origins WHERE position < (SELECT max(position) FROM feed_origins
                WHERE position <= coalesce((SELECT min(position) FROM feed), 0) - \(eventsPerRow))
            """)
    }
}
