/// One connection that asks, as the client sees it: the sibling of ``ClientSession``. It takes events, answers what to
/// do, does no I/O.
///
/// Rows come under credit that the reader gives back as it reads: a slow reader stops the collector, and what waits
/// here never exceeds ``window`` a query, or the one chunk of rows that is longer than that.
public struct QuerySession: Equatable, Sendable {
    public typealias State = ClientSessionState

    public enum Action: Equatable, Sendable {
        case sendHello(Hello)
        case opened
        case sendQuery(id: UInt64, Query)
        case sendWatch(id: UInt64, WatchRequest)
        case sendCancel(id: UInt64)
        case sendCredit(id: UInt64, Credit)
        case columns(id: UInt64, Columns)
        /// Rows, and the bytes to give back with ``consumed(_:bytes:)`` once they are read.
        case rows(id: UInt64, [[Value]], bytes: Int)
        case finished(id: UInt64, Summary)
        case sendPing
        case sendPong
        case close(SessionEnding)
    }

    struct Progress: Equatable, Sendable {
        var columns: Int?
        /// The chunk that goes on in a further frame.
        var chunk: [UInt8] = []
        var granted: UInt64
        var received: UInt64 = 0
        /// Bytes read since credit was last given.
        var consumed: UInt64 = 0
        var isCancelled = false
    }

    enum Request: Equatable, Sendable {
        case query(Query)
        case watch(WatchRequest)
    }

    struct Waiting: Equatable, Sendable {
        let id: UInt64
        let request: Request
    }

    /// Raw bytes of rows that may be under way or unread, for a query.
    public static let window: UInt64 = 1 << 20
    /// The longest chunk of rows: one row of the longest values that are kept.
    public static let chunkBytes = Limits.batchBytes + Limits.valueBytes

    public internal(set) var state = State.connecting
    /// What was offered and granted: only this may be used, in both directions.
    public internal(set) var features: Features = []
    /// Those that were sent, and whose `SUMMARY` has not come.
    var queries: [UInt64: Progress] = [:]
    /// Those that are sent as soon as the collector has let go of cancelled ones, in their order.
    var waiting: [Waiting] = []
    var lastId: UInt64 = 0
    let opening: SessionOpening
    var awaitsAnswer = false

    public init(hello: Hello) {
        opening = SessionOpening(hello: hello)
    }

    public mutating func connected() -> [Action] {
        guard state == .connecting else { return [] }
        state = .helloSent
        return [.sendHello(opening.hello)]
    }

    /// Whether a query may be asked now: the session is open, and fewer are wanted than a connection may have. Those that were
    /// cancelled run until the collector says so, but nobody wants them: what is asked meanwhile waits for their end.
    public var canAsk: Bool {
        let wanted = queries.values.count { !$0.isCancelled } + waiting.count
        return state == .open && wanted < Limits.queriesPerConnection
    }

    /// Asks; `nil` unless ``canAsk``. The query's credit is set to ``window``.
    public mutating func ask(_ query: Query) -> (id: UInt64, actions: [Action])? {
        var query = query
        query.credit = Self.window
        return send(.query(query))
    }

    /// Asks to be told of events behind that position; `nil` unless ``canAsk``. It counts as a query until its `SUMMARY`.
    public mutating func watch(after position: UInt64) -> (id: UInt64, actions: [Action])? {
        send(.watch(WatchRequest(after: position)))
    }

    private mutating func send(_ request: Request) -> (id: UInt64, actions: [Action])? {
        guard canAsk else { return nil }
        lastId += 1
        waiting.append(Waiting(id: lastId, request: request))
        return (lastId, sendWaiting())
    }

    /// Sends what waits, as far as the connection may have more queries.
    mutating func sendWaiting() -> [Action] {
        var actions: [Action] = []
        while let next = waiting.first, queries.count < Limits.queriesPerConnection {
            waiting.removeFirst()
            switch next.request {
            case .query(let query):
                queries[next.id] = Progress(granted: query.credit)
                actions.append(.sendQuery(id: next.id, query))
            case .watch(let request):
                queries[next.id] = Progress(granted: 0)
                actions.append(.sendWatch(id: next.id, request))
            }
        }
        return actions
    }

    /// The reader has read rows of so many bytes. Credit goes back in halves of the window, not row by row.
    public mutating func consumed(_ id: UInt64, bytes: Int) -> [Action] {
        guard var progress = queries[id], !progress.isCancelled, state != .closed else { return [] }
        progress.consumed += UInt64(bytes)
        let isDue = progress.consumed >= Self.window / 2
        if isDue {
            progress.granted += progress.consumed
            progress.consumed = 0
        }
        queries[id] = progress
        return isDue ? [.sendCredit(id: id, Credit(progress.granted))] : []
    }

    /// Nobody wants the answer any more. What still comes of it is dropped, up to its `SUMMARY`.
    public mutating func cancel(_ id: UInt64) -> [Action] {
        waiting.removeAll { $0.id == id }
        guard var progress = queries[id], !progress.isCancelled, state != .closed else { return [] }
        progress.isCancelled = true
        progress.chunk = []
        queries[id] = progress
        return [.sendCancel(id: id)]
    }

    public mutating func connectionLost(_ message: String) -> [Action] {
        state.ending(lost: message).map { close($0) } ?? []
    }

    /// Nothing came for a while: asks whether the collector is there, and gives up the second time.
    ///
    /// - Parameter peerTakes: whether the collector takes what it is sent meanwhile. A `PING` would wait behind that, and
    ///   so would the answer to it.
    public mutating func silent(peerTakes: Bool = false) -> [Action] {
        switch state {
        case .closed: return []
        case .open where peerTakes, .draining where peerTakes:
            awaitsAnswer = false
            return []
        case .connecting, .helloSent:
            return close(.lost(.timedOut, "the collector did not answer HELLO in time"))
        case .open, .draining:
            if awaitsAnswer { return close(.lost(.timedOut, "the collector did not answer PING in time")) }
            awaitsAnswer = true
            return [.sendPing]
        }
    }

    mutating func close(_ ending: SessionEnding) -> [Action] {
        state = .closed
        queries = [:]
        waiting = []
        return [.close(ending)]
    }
}
