/// Which queries run, and which wait for a place: a value that ``QueryPool`` keeps under its lock.
///
/// A query runs while a thread works for it. It is stalled while that thread waits for the query's client, who has no
/// room or does not read: it then leaves its place among the running ones to another, so that clients who do not read
/// hold up nobody. What stalled queries keep is bounded in number and memory: beyond the bound nothing begins, and a
/// query that has stalled for some time yields to those that wait.
struct QuerySchedule<Query: Hashable & Sendable>: Sendable {
    struct Bounds: Sendable {
        /// Queries that work at a time. For a moment there may be more: one that goes on after a stall is not made to
        /// wait for its place again.
        let running: Int
        /// Queries that wait for a place.
        let waiting: Int
        /// Queries that wait for their clients.
        let stalled: Int
        /// Memory of the queries that wait for their clients. The last of them may go beyond it.
        let stalledBytes: Int

        /// Queries that can have a thread at a time.
        var threads: Int { running + stalled }
    }

    private struct Stall {
        let bytes: Int
        var isYielding = false
    }

    private let bounds: Bounds
    private var waiting: [Query] = []
    private var running: Set<Query> = []
    private var stalled: [Query: Stall] = [:]

    init(_ bounds: Bounds) {
        self.bounds = bounds
    }

    /// Whether ``next()`` has a query to begin.
    var hasNext: Bool { !waiting.isEmpty && running.count < bounds.running && !isCrowded }

    private var isCrowded: Bool {
        stalled.count >= bounds.stalled || stalled.values.reduce(0) { $0 + $1.bytes } >= bounds.stalledBytes
    }

    /// Queries that have a thread.
    var underWay: [Query] { running + Array(stalled.keys) }

    /// Queues a query. Returns `false` if too many wait already.
    mutating func add(_ query: Query) -> Bool {
        guard waiting.count < bounds.waiting else { return false }
        waiting.append(query)
        return true
    }

    /// The query that begins now.
    mutating func next() -> Query? {
        guard hasNext else { return nil }
        let query = waiting.removeFirst()
        running.insert(query)
        return query
    }

    /// The query waits for its client, and keeps so many bytes of memory meanwhile.
    mutating func stall(_ query: Query, bytes: Int) {
        guard running.remove(query) != nil else { return }
        stalled[query] = Stall(bytes: bytes)
    }

    /// The query's client has taken something: it goes on.
    mutating func resume(_ query: Query) {
        guard stalled.removeValue(forKey: query) != nil else { return }
        running.insert(query)
    }

    /// Whether a query that has stalled for long must end, so that one of those that wait can begin. No more yield than
    /// can begin then.
    mutating func yields(_ query: Query) -> Bool {
        let places = min(waiting.count, bounds.running - running.count)
        guard isCrowded, stalled.values.count(where: \.isYielding) < places else { return false }
        stalled[query]?.isYielding = true
        return true
    }

    mutating func end(_ query: Query) {
        running.remove(query)
        stalled[query] = nil
    }

    /// Takes out those that have not begun.
    mutating func takeWaiting() -> [Query] {
        defer { waiting = [] }
        return waiting
    }
}
