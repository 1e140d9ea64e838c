/// The collector's side of one connection, without I/O: it is told what arrived and says what to do.
///
/// A frame passes twice. ``admit(_:)`` sees its header before the body has come and decides by state, type,
/// compression, credit and sequence; ``received(_:body:)`` sees the inflated body. What either throws ends the
/// connection: ``refuse()`` says with which frame.
///
/// States: awaiting `HELLO` → opening (the store is asked about the producer) → open → draining → closed.
public struct CollectorSession: Sendable {
    public enum Action: Equatable, Sendable {
        case nothing
        /// Look up the producer, reserve credit and a window, then call ``opened(lastCommitted:credit:windowLog:hasProducer:)``.
        case open(Hello)
        /// Keep the body: the batch goes on in the next frame.
        case appendToBatch
        /// With this body the batch is whole: hand it to the store.
        case completeBatch(sequence: UInt64)
        case run(Query, id: UInt64)
        /// Tell the client when an event behind this one is committed.
        case watch(after: UInt64, id: UInt64)
        case cancelQuery(id: UInt64)
        /// The client has room for this many raw bytes of a query's rows in all.
        case grantRows(id: UInt64, credit: UInt64)
        /// The query cannot run: send this summary.
        case answer(Summary, id: UInt64)
        case pong(sequence: UInt64)
        /// The client takes its leave: send what is due and close.
        case finish
    }

    private enum State: Equatable {
        case awaitingHello
        case opening(Features)
        case open(OpenSession)
        case closed
    }

    private let name: String
    private let limits: SessionLimits
    private var state = State.awaitingHello

    /// - Parameters:
    ///   - name: what `WELCOME` calls the collector.
    ///   - limits: what `WELCOME` announces and this machine enforces.
    public init(name: String, limits: SessionLimits = SessionLimits()) {
        self.name = name
        self.limits = limits
    }

    /// Whether `WELCOME` has been sent and the connection has not ended.
    public var isOpen: Bool {
        if case .open = state { true } else { false }
    }

    public var isClosed: Bool { state == .closed }

    /// The batch under way: its sequence, its bytes so far, and whether it must be granted more credit to become whole.
    public var batchUnderWay: (sequence: UInt64, bytes: Int, needsCredit: Bool)? {
        guard case .open(let open) = state, let assembly = open.assembly else { return nil }
        let isShort = open.granted - open.consumed < UInt64(Limits.smallestCredit)
        return (assembly.sequence, assembly.bytes, assembly.goesOn && isShort)
    }

    /// Raw bytes of batches that the client may still send.
    public var creditLeft: UInt64 {
        guard case .open(let open) = state else { return 0 }
        return open.granted - open.consumed
    }

    /// Decides about a frame by its header, once for each frame.
    ///
    /// - Throws: `unexpected_frame`, `unknown_frame_type`, `missing_feature`, `credit_exceeded`, `sequence_gap`,
    ///   `batch_too_large` or `unauthorized`.
    public mutating func admit(_ header: FrameHeader) throws(ProtocolViolation) -> FrameAdmission {
        switch state {
        case .awaitingHello:
            guard header.type == .hello, header.flags.compression == Compression.none else {
                throw ProtocolViolation(.unexpectedFrame, "the first frame must be HELLO, not compressed")
            }
            return .accept
        case .opening:
            throw ProtocolViolation(.unexpectedFrame, "nothing may follow HELLO before WELCOME has come")
        case .open(var open):
            let admission = try open.admit(header, limits)
            state = .open(open)
            return admission
        case .closed:
            return .skip
        }
    }

    /// Acts on an admitted frame's inflated body.
    ///
    /// - Throws: `malformed_body`, `unsupported_version` or `missing_feature`.
    public mutating func received(_ header: FrameHeader, body: Span<UInt8>) throws(ProtocolViolation) -> Action {
        switch state {
        case .awaitingHello:
            let hello = try Hello(decoding: body)
            let features = try Self.negotiate(hello)
            state = .opening(features)
            return .open(hello)
        case .opening:
            return .nothing
        case .open(var open):
            let action = try open.received(header, body)
            state = .open(open)
            return action
        case .closed:
            return .nothing
        }
    }

    private static func negotiate(_ hello: Hello) throws(ProtocolViolation) -> Features {
        let version = UInt32(FrameHeader.version)
        guard hello.minimumVersion <= version, version <= hello.maximumVersion else {
            throw ProtocolViolation(
                .unsupportedVersion,
                "the client speaks versions \(hello.minimumVersion) to \(hello.maximumVersion), the collector \(version)"
            )
        }
        let missing = hello.requiredFeatures.subtracting(.supported)
        guard missing.isEmpty else {
            throw ProtocolViolation(
                .missingFeature,
                "the client requires features that the collector does not have: bits \(missing.rawValue)")
        }
        return hello.offeredFeatures.intersection(.supported)
    }

    /// The store knows the producer (`lastCommitted` is 0 for a new one or for a client that only queries).
    /// Returns the body of `WELCOME`, or `nil` if the connection has ended meanwhile.
    public mutating func opened(
        lastCommitted: UInt64, credit: UInt64, windowLog: UInt32, hasProducer: Bool
    ) -> Welcome? {
        guard case .opening(let features) = state else { return nil }
        let window = features.contains(.zstdStream) ? windowLog : 0
        state = .open(
            OpenSession(
                features: features, hasProducer: hasProducer, hasStream: window > 0, granted: credit,
                nextSequence: lastCommitted + 1))
        var welcome = Welcome(
            features: features, credit: credit, lastCommittedSequence: lastCommitted, streamWindowLog: window,
            collectorName: name)
        welcome.limits = limits
        return welcome
    }

    /// Raises the client's credit by `bytes`. Returns the new total, for `ACK` or `CREDIT`.
    public mutating func grant(_ bytes: UInt64) -> UInt64 {
        guard case .open(var open) = state else { return 0 }
        open.granted += bytes
        state = .open(open)
        return open.granted
    }

    /// A query's summary was sent: its id is free again.
    public mutating func queryEnded(id: UInt64) {
        guard case .open(var open) = state else { return }
        open.queries.remove(id)
        state = .open(open)
    }

    /// The collector stops: what has arrived will be acknowledged, what comes now is passed over.
    public mutating func drain() {
        guard case .open(var open) = state else {
            state = .closed
            return
        }
        open.isDraining = true
        open.assembly = nil
        state = .open(open)
    }

    /// Ends the session. Returns which frame says so to the client: `REFUSE` before it was open, `GOAWAY` after.
    public mutating func refuse() -> FrameType {
        defer { state = .closed }
        return isOpen ? .goaway : .refuse
    }

    /// The connection is gone.
    public mutating func disconnected() {
        state = .closed
    }
}
