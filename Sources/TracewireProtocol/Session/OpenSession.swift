/// What a collector's session knows once it is open.
struct OpenSession: Equatable, Sendable {
    struct Assembly: Equatable, Sendable {
        let sequence: UInt64
        /// Of the frames whose headers have come.
        let bytes: Int
        /// Whether another frame follows the last of them.
        let goesOn: Bool
    }

    let features: Features
    let hasProducer: Bool
    let hasStream: Bool
    /// Raw bytes of batches that the client may send, and has sent, in all.
    var granted: UInt64
    var consumed: UInt64 = 0
    /// The sequence that the next new batch must have.
    var nextSequence: UInt64
    /// The batch of which a frame has begun and the last has not come.
    var assembly: Assembly?
    var queries: Set<UInt64> = []
    var isDraining = false

    init(features: Features, hasProducer: Bool, hasStream: Bool, granted: UInt64, nextSequence: UInt64) {
        self.features = features
        self.hasProducer = hasProducer
        self.hasStream = hasStream
        self.granted = granted
        self.nextSequence = nextSequence
    }

    mutating func admit(
        _ header: FrameHeader, _ limits: SessionLimits
    ) throws(ProtocolViolation) -> FrameAdmission {
        switch header.type {
        case .batch:
            try checkCompression(header)
            if isDraining { return .skip }
            try admitBatch(header, limits)
            return .accept
        case .query, .watch, .cancel, .credit, .ping, .pong, .goaway:
            try checkCompression(header)
            return .accept
        case .hello, .welcome, .refuse, .ack, .columns, .rows, .summary:
            throw ProtocolViolation(
                .unexpectedFrame, "a frame of type \(header.type.rawValue) may not come from a client now")
        default: return try .unknown(header.type, header.flags)
        }
    }

    private func checkCompression(_ header: FrameHeader) throws(ProtocolViolation) {
        let isNegotiated =
            switch header.flags.compression {
            case .some(.none): true
            case .frame: features.contains(.zstdFrame)
            case .stream: hasStream
            case nil: false
            }
        guard isNegotiated else {
            throw ProtocolViolation(.missingFeature, "the frame's compression was not negotiated")
        }
    }

    private mutating func admitBatch(_ header: FrameHeader, _ limits: SessionLimits) throws(ProtocolViolation) {
        guard hasProducer else {
            throw ProtocolViolation(.unexpectedFrame, "a client whose HELLO names no producer may not send batches")
        }
        let bytes = (assembly?.bytes ?? 0) + Int(header.rawLength)
        guard bytes <= limits.batchBytes else {
            throw ProtocolViolation(.batchTooLarge, "a batch has more than \(limits.batchBytes) bytes")
        }
        guard consumed + UInt64(header.rawLength) <= granted else {
            throw ProtocolViolation(
                .creditExceeded, "\(consumed + UInt64(header.rawLength)) bytes were sent, \(granted) were granted")
        }
        if let assembly {
            guard assembly.sequence == header.sequence else {
                throw ProtocolViolation(
                    .unexpectedFrame, "batch \(header.sequence) begins before batch \(assembly.sequence) is whole")
            }
        } else {
            try checkSequence(header.sequence)
        }
        consumed += UInt64(header.rawLength)
        assembly = Assembly(sequence: header.sequence, bytes: bytes, goesOn: header.flags.contains(.more))
    }

    /// A lower sequence is a batch sent again: the store knows that it has it.
    private func checkSequence(_ sequence: UInt64) throws(ProtocolViolation) {
        guard sequence > 0, sequence <= nextSequence else {
            throw ProtocolViolation(.sequenceGap, "batch \(sequence) came where \(nextSequence) was due")
        }
    }

    mutating func received(
        _ header: FrameHeader, _ body: Span<UInt8>
    ) throws(ProtocolViolation) -> CollectorSession.Action {
        switch header.type {
        // It may have begun before the session drained.
        case .batch: return isDraining ? .nothing : receivedBatch(header)
        case .query:
            let query = try Query(decoding: body)
            return try begin(header.sequence) ?? .run(query, id: header.sequence)
        case .watch:
            let request = try WatchRequest(decoding: body)
            return try begin(header.sequence) ?? .watch(after: request.after, id: header.sequence)
        case .cancel: return queries.contains(header.sequence) ? .cancelQuery(id: header.sequence) : .nothing
        case .credit:
            let credit = try Credit(decoding: body).credit
            return queries.contains(header.sequence) ? .grantRows(id: header.sequence, credit: credit) : .nothing
        case .ping: return .pong(sequence: header.sequence)
        case .goaway:
            _ = try Farewell(decoding: body)
            return .finish
        default: return .nothing
        }
    }

    private mutating func receivedBatch(_ header: FrameHeader) -> CollectorSession.Action {
        if header.flags.contains(.more) { return .appendToBatch }
        assembly = nil
        if header.sequence == nextSequence { nextSequence += 1 }
        return .completeBatch(sequence: header.sequence)
    }

    /// Takes the id of a query or watch; returns what to answer in its place if it cannot begin.
    private mutating func begin(_ id: UInt64) throws(ProtocolViolation) -> CollectorSession.Action? {
        guard !queries.contains(id) else {
            throw ProtocolViolation(.unexpectedFrame, "a query with the id \(id) is still running")
        }
        if isDraining { return .answer(.shuttingDown, id: id) }
        guard queries.count < Limits.queriesPerConnection else {
            let message = "\(Limits.queriesPerConnection) queries are running on this connection"
            return .answer(Summary(code: .busy, message: message, retryAfterMs: 100), id: id)
        }
        queries.insert(id)
        return nil
    }
}
