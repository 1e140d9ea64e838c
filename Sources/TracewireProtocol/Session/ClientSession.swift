/// One connection of a producer, as the client sees it: takes events, answers what to do, does no I/O.
///
/// ```text
/// connecting ─ connected ─▶ helloSent ─ WELCOME ─▶ open ─ GOAWAY ─▶ draining ─ all answered ─▶ closed
/// ```
/// From every state a violation, `REFUSE` or the loss of the connection leads to `closed`.
public struct ClientSession: Equatable, Sendable {
    public typealias State = ClientSessionState

    public enum Action: Equatable, Sendable {
        case sendHello(Hello)
        /// The session is open. All batches up to `committed` are durable: acknowledge them without verdicts.
        case opened(committed: UInt64)
        case acknowledge(through: UInt64, verdicts: [Verdict])
        /// There may be room for more: ask ``nextPart()`` and ``canBeginBatch``.
        case continueSending
        case sendPing
        case sendPong
        case close(SessionEnding)
    }

    /// A piece of a batch that goes into one frame.
    public struct Part: Equatable, Sendable {
        public let sequence: UInt64
        /// Which of the batch's bytes.
        public let range: Range<Int>
        /// Whether the batch goes on in another frame.
        public let more: Bool
    }

    struct SentBatch: Equatable, Sendable {
        let sequence: UInt64
        let records: Int
    }

    struct CurrentBatch: Equatable, Sendable {
        let batch: SentBatch
        let bytes: Int
        var sent = 0
    }

    public internal(set) var state = State.connecting
    /// What the collector allows on this connection; the protocol's own limits until the session is open.
    public private(set) var limits = SessionLimits()
    /// What was offered and granted: only this may be used, in both directions.
    public private(set) var features: Features = []
    public private(set) var compression = Compression.none
    /// The window granted for a stream, as a power of two; 0 for none.
    public private(set) var streamWindowLog: UInt32 = 0
    /// Raw bytes of batches that may be sent on this connection, in all. It never goes down.
    public internal(set) var credit: UInt64 = 0
    /// Raw bytes of batches handed out to be sent.
    public internal(set) var sentBytes: UInt64 = 0
    /// The last sequence known to be durable.
    public internal(set) var committed: UInt64 = 0

    /// Batches sent whole and not acknowledged, in order.
    var inFlight: [SentBatch] = []
    var current: CurrentBatch?
    let opening: SessionOpening
    let maximumInFlight: Int
    /// The highest sequence that any connection of this producer may have sent.
    let highestAssigned: UInt64
    var awaitsAnswer = false

    /// - Parameters:
    ///   - hello: with the producer, its epoch and the lowest sequence held (or the next to be assigned).
    ///   - highestAssigned: the highest sequence given to a batch so far, 0 for none.
    ///   - maximumInFlight: batches that may be under way without an acknowledgement; at least 1.
    public init(hello: Hello, highestAssigned: UInt64, maximumInFlight: Int = 16) {
        opening = SessionOpening(hello: hello)
        self.highestAssigned = highestAssigned
        self.maximumInFlight = max(1, maximumInFlight)
    }

    public mutating func connected() -> [Action] {
        guard state == .connecting else { return [] }
        state = .helloSent
        return [.sendHello(opening.hello)]
    }

    /// The connection is gone, for the reason that `message` gives.
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
        case .draining(let ending): return close(ending)
        case .connecting, .helloSent:
            return close(.lost(.timedOut, "the collector did not answer HELLO in time"))
        case .open:
            if awaitsAnswer { return close(.lost(.timedOut, "the collector did not answer PING in time")) }
            awaitsAnswer = true
            return [.sendPing]
        }
    }

    /// A batch that was numbered before is larger than this collector allows: it must be cut anew, which only a new
    /// producer may do.
    public mutating func mustRenumber() -> [Action] {
        guard state != .closed else { return [] }
        return close(
            SessionEnding(
                code: .batchTooLarge, message: "a batch is larger than the collector allows now",
                next: .renewProducer(afterMs: 0)))
    }

    mutating func close(_ ending: SessionEnding) -> [Action] {
        state = .closed
        return [.close(ending)]
    }

    mutating func open(_ welcome: Welcome) throws(ProtocolViolation) -> [Action] {
        try opening.check(welcome)
        // Behind what was acknowledged, or ahead of what was sent: the collector speaks of another history.
        guard welcome.lastCommittedSequence <= highestAssigned,
            welcome.lastCommittedSequence + 1 >= opening.hello.nextSequence
        else {
            throw ProtocolViolation(
                .sequenceGap,
                "WELCOME says that \(welcome.lastCommittedSequence) is committed; this client holds "
                    + "\(opening.hello.nextSequence) to \(highestAssigned)")
        }
        limits = welcome.limits.known
        features = welcome.features
        compression = opening.compression(welcome)
        streamWindowLog = compression == .stream ? welcome.streamWindowLog : 0
        credit = welcome.credit
        committed = welcome.lastCommittedSequence
        state = .open
        return [.opened(committed: committed), .continueSending]
    }
}
