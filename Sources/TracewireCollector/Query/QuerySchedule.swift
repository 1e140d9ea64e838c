/// Which queries run, and which wait for a place: a value that ``QueryPool`` keeps under its lock.
///
/// A query runs while a thread works for it. It is stalled while that thread waits for the query's client, who has no
/// room or does not read: it then leaves its place among the running ones to another, so that clients who do not read
/// hold up nobody. What stalled queries keep is bounded in number and memory: beyond the bound nothing begins, and a
/// query that has stalled for some time yields to those that wait.
///
/// Projects take turns, and within a project its tokens: whoever has the fewest queries running is next. No project may
/// have all places among the running ones, more than half of those to wait in, or begin more while it has half of what
/// stalled queries may be and keep.
struct QuerySchedule<Query: Hashable & Sendable>: Sendable {
    struct Bounds: Sendable {
        /// Queries that work at a time. For a moment there may be more: one that goes on after a stall is not made to
        /// wait for its place again.
        let running: Int
        /// Of those, the queries of one project.
        let runningOfProject: Int
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
        let owner: Owner
        let bytes: Int
        var isYielding = false
    }

    private let bounds: Bounds
    private var waiting: [(query: Query, owner: Owner)] = []
    private var running: [Query: Owner] = [:]
    private var stalled: [Query: Stall] = [:]
    private var turns = Turns()

    init(_ bounds: Bounds) {
        self.bounds = bounds
    }

    /// Whether ``next()`` has a query to begin.
    var hasNext: Bool { !beginners.isEmpty }

    /// Where those wait that may begin.
    private var beginners: [Int] {
        guard !waiting.isEmpty, running.count < bounds.running, !isCrowded else { return [] }
        let projects = Set(waiting.map(\.owner.project)).filter { hasPlace($0) && !isCrowded($0) }
        return waiting.indices.filter { projects.contains(waiting[$0].owner.project) }
    }

    private var isCrowded: Bool {
        stalled.count >= bounds.stalled || stalled.values.reduce(0) { $0 + $1.bytes } >= bounds.stalledBytes
    }

    /// Whether a project has half of what stalled queries may be and keep.
    private func isCrowded(_ project: String) -> Bool {
        let own = stalled.values.filter { $0.owner.project == project }
        return own.count >= (bounds.stalled + 1) / 2 || own.reduce(0) { $0 + $1.bytes } >= (bounds.stalledBytes + 1) / 2
    }

    /// Whether one more of a project may run.
    private func hasPlace(_ project: String) -> Bool {
        running.values.count { $0.project == project } < bounds.runningOfProject
    }

    /// Queries that have a thread.
    var underWay: [Query] { Array(running.keys) + Array(stalled.keys) }

    /// Queues a query. Returns `false` if too many wait already, of all or of its project.
    mutating func add(_ query: Query, of owner: Owner) -> Bool {
        guard waiting.count < bounds.waiting else { return false }
        let own = waiting.count { $0.owner.project == owner.project }
        guard own < (bounds.waiting + 1) / 2 else { return false }
        waiting.append((query, owner))
        return true
    }

    /// The query that begins now.
    mutating func next() -> Query? {
        let beginners = beginners
        guard let place = turns.next(of: beginners.map { waiting[$0].owner }) else { return nil }
        let (query, owner) = waiting.remove(at: beginners[place])
        running[query] = owner
        turns.began(owner)
        return query
    }

    /// The query waits for its client, and keeps so many bytes of memory meanwhile.
    mutating func stall(_ query: Query, bytes: Int) {
        guard let owner = running.removeValue(forKey: query) else { return }
        turns.ended(owner)
        stalled[query] = Stall(owner: owner, bytes: bytes)
    }

    /// The query's client has taken something: it goes on.
    mutating func resume(_ query: Query) {
        guard let owner = stalled.removeValue(forKey: query)?.owner else { return }
        running[query] = owner
        turns.wentOn(owner)
    }

    /// Whether a query that has stalled for long must end, so that one of those that wait can begin. No more yield than
    /// can begin then.
    mutating func yields(_ query: Query) -> Bool {
        guard let project = stalled[query]?.owner.project else { return false }
        let places = min(beginners(after: project), bounds.running - running.count)
        guard stalled.values.count(where: \.isYielding) < places else { return false }
        stalled[query]?.isYielding = true
        return true
    }

    /// How many of those that wait may begin when stalled ones of `project` have yielded.
    private func beginners(after project: String) -> Int {
        let isOfAll = isCrowded
        guard isOfAll || isCrowded(project) else { return 0 }
        let projects = Set(waiting.map(\.owner.project)).filter {
            hasPlace($0) && ($0 == project || isOfAll && !isCrowded($0))
        }
        return waiting.count { projects.contains($0.owner.project) }
    }

    mutating func end(_ query: Query) {
        if let owner = running.removeValue(forKey: query) { turns.ended(owner) }
        stalled[query] = nil
    }

    /// Takes out those that have not begun.
    mutating func takeWaiting() -> [Query] {
        defer { waiting = [] }
        return waiting.map(\.query)
    }
}
