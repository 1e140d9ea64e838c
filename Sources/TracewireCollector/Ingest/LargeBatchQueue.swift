internal import NIOCore

/// Batches that are larger than the credit of their connections: one at a time goes beyond the pool, the others wait. A value
/// that ``CreditBudget`` keeps under its lock.
///
/// Projects take turns, and within a project its tokens. Whoever waits has at most one entry a connection: only one of a
/// connection's batches can be half arrived.
struct LargeBatchQueue: Sendable {
    /// A batch that is larger than the credit of its connection.
    struct Batch: Equatable, Sendable {
        let connection: Int
        let sequence: UInt64
    }

    typealias Granted = @Sendable () -> Void

    private struct Entry {
        let batch: Batch
        let owner: Owner
        let since: NIODeadline
        /// How its connection is told.
        let granted: Granted
    }

    private var current: Entry?
    private var waiting: [Entry] = []
    private var turns = Turns()

    /// Whether the batch may go on at once. If not, `granted` is what its end of waiting returns.
    mutating func request(_ batch: Batch, of owner: Owner, at now: NIODeadline, granted: @escaping Granted) -> Bool {
        if current?.batch == batch { return true }
        let entry = Entry(batch: batch, owner: owner, since: now, granted: granted)
        guard current != nil else {
            begin(entry)
            return true
        }
        if !waiting.contains(where: { $0.batch == batch }) { waiting.append(entry) }
        return false
    }

    /// The batch is settled, or will not go on. Returns how the next one's connection is told that it may.
    mutating func release(_ batch: Batch, at now: NIODeadline) -> Granted? {
        waiting.removeAll { $0.batch == batch }
        return current?.batch == batch ? next(at: now) : nil
    }

    /// As ``release(_:at:)``, for all of a connection.
    mutating func leave(_ connection: Int, at now: NIODeadline) -> Granted? {
        waiting.removeAll { $0.batch.connection == connection }
        return current?.batch.connection == connection ? next(at: now) : nil
    }

    /// Whether the batch has kept another one waiting for as long as `patience`.
    func isOverdue(_ batch: Batch, patience: TimeAmount, at now: NIODeadline) -> Bool {
        guard let current, current.batch == batch, let first = waiting.map(\.since).min() else { return false }
        return now - max(first, current.since) >= patience
    }

    private mutating func next(at now: NIODeadline) -> Granted? {
        if let current { turns.ended(current.owner) }
        current = nil
        guard let place = turns.next(of: waiting.map(\.owner)) else { return nil }
        let entry = waiting.remove(at: place)
        begin(Entry(batch: entry.batch, owner: entry.owner, since: now, granted: entry.granted))
        return entry.granted
    }

    private mutating func begin(_ entry: Entry) {
        current = entry
        turns.began(entry.owner)
    }
}
