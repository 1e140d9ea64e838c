internal import NIOConcurrencyHelpers
internal import TracewireProtocol
internal import TracewireStore

/// One query between the thread that runs it and the event loop that sends its answer.
///
/// The thread waits here whenever the client has no room, or the socket has not taken what it was given: the answer is
/// as slow as its reader, and costs no more memory than one window. The pool counts such a thread for nobody.
final class QueryExchange: Sendable {
    /// Why an answer cannot go on.
    enum Interruption: Error {
        case cancelled
        case deadlineExceeded
        /// Its client let it wait for as long as it may.
        case notTaken(Duration)
        /// Its client let it wait while others waited for a place.
        case yielded
        /// The collector stops.
        case stopping
    }

    private struct State {
        /// Raw bytes that the client has room for, and was sent, in all.
        var granted: UInt64
        var sent: UInt64 = 0
        /// Given to the socket and not taken by it yet.
        var unwritten = 0
        /// How long the answer has waited for its client, until it last went on.
        var waited = Duration.zero
        var isCancelled = false
        var interruption: Interruption?

        var room: Int {
            guard unwritten < QueryExchange.socketWindow, granted > sent else { return 0 }
            return Int(min(granted - sent, UInt64(QueryExchange.socketWindow - unwritten)))
        }
    }

    /// Most bytes that wait in the socket: a client's credit is its own word, and bounds nothing here.
    private static let socketWindow = 1 << 20
    /// How long an answer may wait for its client at a time before it yields to queries that wait for a place; and in all, but
    /// for a second more for each ``Limits/leastBytesPerSecond`` of it.
    private static let patienceBeforeYielding = Duration.seconds(1)
    /// How often it is asked then whether others wait, in seconds.
    private static let secondsBetweenYielding = 1.0

    let id: UInt64
    let query: Query
    /// Where it is asked.
    let project: Project
    /// Whether the collector's operator asks.
    let isOperator: Bool
    /// Whose it is.
    let owner: Owner
    let control: QueryControl
    private let deadline: ContinuousClock.Instant
    /// How long the answer may wait for its client, in all; and a second more for each ``Limits/leastBytesPerSecond`` of it.
    private let patience: Duration
    private let connection: ConnectionReference
    private let pool: QueryPool
    private let state: NIOLockedValueBox<State>
    /// Its value: whether the thread may look again.
    private let signal = ConditionLock(value: false)

    init(
        id: UInt64, query: Query, project: Project, principal: Principal, connection: ConnectionReference,
        pool: QueryPool,
        configuration: CollectorConfiguration
    ) {
        self.id = id
        self.query = query
        self.project = project
        isOperator = principal.isOperator
        owner = Owner(principal)
        self.connection = connection
        self.pool = pool
        state = NIOLockedValueBox(State(granted: query.credit))
        var timeout = configuration.timeout(for: query.request)
        if query.timeoutMs > 0 { timeout = min(timeout, .milliseconds(Int64(query.timeoutMs))) }
        deadline = .now + timeout
        patience = configuration.stallTimeout
        control = QueryControl(deadline: deadline)
    }

    /// Whether the collector is asked about itself.
    var isStatus: Bool {
        if case .report(StatusReport.name, _) = query.request { true } else { false }
    }

    /// Why the answer was cut short, if it was.
    var interruption: Interruption? { state.withLockedValue { $0.interruption } }

    var secondsLeft: Double { ContinuousClock.now.duration(to: deadline).seconds }

    /// The client has room for `credit` raw bytes in all. A lower number than before changes nothing.
    func grant(_ credit: UInt64) {
        state.withLockedValue { $0.granted = max($0.granted, credit) }
        wake()
    }

    /// Ends the query at its next step.
    func cancel(_ why: Interruption = .cancelled) {
        state.withLockedValue { state in
            state.isCancelled = true
            state.interruption = state.interruption ?? why
        }
        control.cancel()
        wake()
    }

    /// Sends the columns. They need no credit.
    func send(_ columns: Columns) throws(Interruption) {
        try deliver(.columns, [], columns.encoded())
    }

    /// Sends the body of `ROWS` in as many frames as the client's room and the frame limit ask for.
    func send(rows body: [UInt8]) throws(Interruption) {
        var rest = body[...]
        repeat {
            let room = try awaitRoom(keeping: rest.count)
            let part = rest.prefix(min(room, Limits.frameRawBytes))
            rest = rest.dropFirst(part.count)
            state.withLockedValue { $0.sent += UInt64(part.count) }
            try deliver(.rows, rest.isEmpty ? [] : .more, Array(part))
        } while !rest.isEmpty
    }

    /// Ends the exchange with `summary`.
    func finish(_ summary: Summary) {
        connection.execute { [id] in $0.queryEnded(id, summary) }
    }

    private func deliver(_ type: FrameType, _ flags: FrameFlags, _ body: [UInt8]) throws(Interruption) {
        let isCancelled = state.withLockedValue { state in
            state.unwritten += body.count
            return state.isCancelled
        }
        if isCancelled { throw interrupted(.cancelled) }
        connection.execute { handler in
            handler.writeAnswer(type, flags: flags, id: self.id, body: body) { self.written(body.count) }
        }
    }

    private func written(_ bytes: Int) {
        state.withLockedValue { $0.unwritten -= bytes }
        wake()
    }

    /// Waits until there is room, and returns how many bytes. Meanwhile `bytes` of the answer are kept, and with them the
    /// snapshot that the query reads: the write-ahead log cannot be emptied, so the wait is short even where the query may
    /// take long.
    private func awaitRoom(keeping bytes: Int) throws(Interruption) -> Int {
        if let room = try currentRoom() { return room }
        pool.stalled(self, bytes: bytes + StoreReader.bytesInUse)
        let start = ContinuousClock.now
        let (sent, waited) = state.withLockedValue { ($0.sent, $0.waited) }
        let earned = Duration.seconds(Int64(clamping: sent) / Int64(Limits.leastBytesPerSecond))
        let waitEnd = start + patience + earned - waited
        let yieldingStart = start + Self.patienceBeforeYielding + min(.zero, earned - waited)
        defer {
            state.withLockedValue { $0.waited += start.duration(to: .now) }
            pool.resumed(self)
        }
        while true {
            // Before the room is looked at: a client that makes some now and then keeps others waiting no longer for it.
            let patienceLeft = ContinuousClock.now.duration(to: yieldingStart).seconds
            if patienceLeft <= 0, pool.yields(self) { throw interrupted(.yielded) }
            if let room = try currentRoom() { return room }
            let seconds = secondsLeft
            guard seconds > 0 else { throw interrupted(.deadlineExceeded) }
            let waitLeft = ContinuousClock.now.duration(to: waitEnd).seconds
            guard waitLeft > 0 else { throw interrupted(.notTaken(patience)) }
            let pause = min(seconds, waitLeft, patienceLeft > 0 ? patienceLeft : Self.secondsBetweenYielding)
            if signal.lock(whenValue: true, timeoutSeconds: pause) { signal.unlock(withValue: false) }
        }
    }

    /// How many bytes may be sent now; `nil` for none.
    private func currentRoom() throws(Interruption) -> Int? {
        let (room, isCancelled) = state.withLockedValue { ($0.room, $0.isCancelled) }
        if isCancelled { throw interrupted(.cancelled) }
        return room > 0 ? room : nil
    }

    private func interrupted(_ interruption: Interruption) -> Interruption {
        state.withLockedValue { state in
            let first = state.interruption ?? interruption
            state.interruption = first
            return first
        }
    }

    private func wake() {
        signal.lock()
        signal.unlock(withValue: true)
    }
}

extension Duration {
    fileprivate var seconds: Double {
        let (seconds, attoseconds) = components
        return Double(seconds) + Double(attoseconds) / 1e18
    }
}

extension QueryExchange: Hashable {
    static func == (first: QueryExchange, second: QueryExchange) -> Bool { first === second }

    func hash(into hasher: inout Hasher) {
        hasher.combine(ObjectIdentifier(self))
    }
}

extension Summary {
    /// Says that the answer was cut short. What was sent of it stays counted.
    mutating func end(by interruption: QueryExchange.Interruption) {
        switch interruption {
        case .cancelled: (code, message) = (.cancelled, "the query was cancelled")
        case .stopping:
            (code, message, retryAfterMs) = (
                Self.shuttingDown.code, Self.shuttingDown.message, Self.shuttingDown.retryAfterMs
            )
        case .deadlineExceeded:
            (code, message) = (.deadlineExceeded, "the answer was not taken in the time that the query had")
        case .notTaken(let patience):
            (code, message) = (
                .deadlineExceeded,
                "the answer waited for its reader for longer than \(patience.wholeMilliseconds) ms and one second more for "
                    + "each \(Limits.leastBytesPerSecond) bytes of it"
            )
        case .yielded:
            (code, message) = (.busy, "the answer was not taken while other queries waited")
            retryAfterMs = 1000
        }
    }
}
