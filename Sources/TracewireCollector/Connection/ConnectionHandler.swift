internal import Logging
internal import NIOCore
internal import TracewireProtocol
internal import TracewireStore
internal import TracewireZstd

/// One connection: it owns the decoder, the session and the batch under way, and does what the session says.
///
/// A frame's way through this file: ``channelRead(context:data:)`` → ``readFrames()`` (header admitted) →
/// ``take(_:_:)`` (body inflated) → ``act(_:_:_:)`` → the commit queue; back comes ``settled(_:)`` → `ACK`.
final class ConnectionHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    /// What all connections share.
    let shared: CollectorCore
    let number: Int
    var session: CollectorSession
    var context: ChannelHandlerContext?
    /// The exchanges of queries that run, by id.
    var exchanges: [UInt64: QueryExchange] = [:]
    /// Those that wait for something to be committed.
    var watches: Set<UInt64> = []
    var logger: Logger
    /// Who is there, once `HELLO` has said it.
    var principal: Principal?
    /// Where what is sent goes and what is asked is answered from; `nil` until the principal is known.
    var project: Project?
    /// Whose part of what all share it has.
    var owner: Owner? { principal.map(Owner.init) }
    /// What is granted and not yet settled, and how much of that came from the shared pool.
    var ledger = CreditLedger()

    var decoder = FrameDecoder()
    var received = ByteBuffer()
    private var decompressor: ZstdDecompressor?
    var windowLog: UInt32 = 0
    var producer: (id: Identifier, epoch: UInt64) = (.zero, 0)
    /// The frames so far of a batch that is not whole yet.
    var assembled: [UInt8] = []
    /// The last sequence that the client knows to be settled.
    var acknowledged: UInt64 = 0
    /// What this connection has at the writer: its opening, or batches.
    var workUnderWay = 0
    var isFinishing = false
    /// Its peer did what counts against the address: once, whatever follows from it.
    var hasOffended = false
    /// So much has arrived and is not settled that nothing more is taken.
    var isHeld = false
    /// Its token has sent more than it may, so that nothing is taken until the rest of a time is over.
    var throttling: Scheduled<Void>?
    /// A whole batch that waits for memory in which it can be taken apart.
    var heldBatch: (sequence: UInt64, bytes: [UInt8])?
    /// What the frame that is arriving has of the budget for frames, and what queries have that came in such.
    private var frameBytes = 0
    var queryBytes: [UInt64: Int] = [:]
    /// The sequence of the batch that went beyond the pool and is not settled.
    var largeBatch: UInt64?
    var watchdog: Watchdog?
    /// Given to the channel so far.
    var bytesWritten = 0
    /// Small frames that are written together, when they are flushed.
    var gathered = ByteBuffer()
    /// Of those written together, bytes that the socket has not taken.
    var gatheredPending = 0
    private(set) var isTaking = false
    var isFlushDue = false
    /// The TLS handshake is not over: the peer cannot be told anything yet.
    private(set) var isSecuring: Bool
    /// Of the authorities by which its peer's certificate was judged, where that needs one.
    var authoritiesNumber = 0
    /// The last second of that certificate, since 1970.
    var certificateEndsAt: Int64?
    /// What it is told then, before it is closed.
    private var refusal: Farewell?

    init(shared: CollectorCore, number: Int) {
        self.shared = shared
        isSecuring = shared.certificates != nil
        self.number = number
        session = CollectorSession(name: shared.name)
        logger = shared.logger
        logger[metadataKey: "connection"] = "\(number)"
    }

    // MARK: Beginning and end

    func channelActive(context: ChannelHandlerContext) {
        self.context = context
        shared.counters.add {
            $0.connections += 1
            $0.connectionsTotal += 1
        }
        let refusal = shared.connections.add(
            ConnectionReference(number: number, handler: self, eventLoop: context.eventLoop))
        watchdog = Watchdog(self, configuration: shared.configuration, eventLoop: context.eventLoop)
        if let refusal {
            shared.counters.add { $0.connectionsRefused += 1 }
            if isSecuring { self.refusal = refusal } else { end(with: refusal) }
        }
    }

    /// What is written from now on reaches the peer.
    func secured() {
        isSecuring = false
        if let refusal { end(with: refusal) }
    }

    func channelInactive(context: ChannelHandlerContext) {
        if hasLeftUnheard { offend() }
        shared.windows.give(back: windowLog)
        windowLog = 0
        watchdog?.stop()
        throttling?.cancel()
        for exchange in exchanges.values { exchange.cancel() }
        exchanges = [:]
        for id in watches { _ = project?.watchers.cancel(id: id, connection: number) }
        watches = []
        shared.frames.give(back: queryBytes.values.reduce(frameBytes, +), of: owner)
        (frameBytes, queryBytes) = (0, [:])
        session.disconnected()
        assembled = []
        heldBatch = nil
        self.context = nil
        if workUnderWay == 0 { releaseShares() }
    }

    /// Gives back what the connection held of what all share. Not before the last of its work has left the queue: peers
    /// that send and hang up would fill it otherwise.
    func releaseShares() {
        shared.connections.remove(number)
        count { $0.connections -= 1 }
        shared.budget.connectionClosed(number, returning: ledger.pooled, of: owner)
    }

    /// Counts what belongs to the connection: for the collector, and for the project if it is another than the standard one.
    func count(_ change: (inout CollectorCounters.Values) -> Void) {
        shared.counters.add(change)
        if let project, project.name != .standard { project.counters.add(change) }
    }

    // MARK: What arrives

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard !session.isClosed else { return }
        var incoming = unwrapInboundIn(data)
        let count = incoming.readableBytes
        self.count { $0.bytesReceived += count }
        if received.readableBytes == 0 {
            received = incoming
        } else {
            received.writeBuffer(&incoming)
        }
        watchdog?.arrival.arrived(bytes: count)
        takeFrames()
    }

    /// Takes all frames that are whole. A write that fails makes the channel hand over at once what it still reads: while
    /// frames are taken, that is only kept, and nothing is flushed.
    func takeFrames() {
        guard !isTaking else { return }
        isTaking = true
        do throws(ProtocolViolation) {
            try readFrames()
        } catch {
            refuse(error)
        }
        isTaking = false
        if isFlushDue { flush() }
    }

    private func readFrames() throws(ProtocolViolation) {
        while !session.isClosed, !isHeld, throttling == nil, !isCrowded, try readFrame() {
            // A batch of several frames is timed from its beginning.
            if session.batchUnderWay == nil { watchdog?.arrival.end() }
        }
        // What remains is less than a frame: bring it to the front, with room for the rest of the frame and no more.
        if received.readableBytes == 0 {
            received = ByteBuffer()
        } else if received.readerIndex > 0 {
            received.discardReadBytes()
        }
        if received.readableBytes > 0 || decoder.isInsideFrame || session.batchUnderWay != nil {
            watchdog?.arrival.begin(bytes: received.readableBytes, now: .now())
        }
    }

    /// Takes a frame, or what has come of one that is passed over. Returns `false` if more bytes are needed.
    private func readFrame() throws(ProtocolViolation) -> Bool {
        let arrived = received
        let bytes = arrived.readableBytesUInt8Span
        let step = try decoder.next(bytes) { (header) throws(ProtocolViolation) in try admit(header) }
        switch step {
        case .incomplete: return false
        case .skipped(let count): received.moveReaderIndex(forwardBy: count)
        case .frame(let header):
            let end = Limits.headerBytes + Int(header.wireLength)
            received.moveReaderIndex(forwardBy: end)
            try take(header, bytes.extracting(Limits.headerBytes..<end))
        }
        return true
    }

    private func admit(_ header: FrameHeader) throws(ProtocolViolation) -> FrameAdmission {
        let admission = try session.admit(header)
        guard admission == .accept, header.type != .batch else { return admission }
        let bytes = Int(max(header.wireLength, header.rawLength))
        guard let taken = shared.frames.take(bytes, for: owner) else {
            end(with: .crowded)
            return .skip
        }
        frameBytes = taken
        return .accept
    }

    private func take(_ header: FrameHeader, _ body: Span<UInt8>) throws(ProtocolViolation) {
        let raw = try inflate(header, body)
        let action = try session.received(header, body: raw.span)
        if case .run(_, let id) = action {
            queryBytes[id] = frameBytes
        } else {
            shared.frames.give(back: frameBytes, of: owner)
        }
        frameBytes = 0
        try act(action, header, raw)
    }

    private func inflate(_ header: FrameHeader, _ body: Span<UInt8>) throws(ProtocolViolation) -> [UInt8] {
        guard header.flags.compression != Compression.none else { return [UInt8](copying: body) }
        do throws(ZstdError) {
            if decompressor == nil { decompressor = try ZstdDecompressor(windowLog: windowLog) }
            let length = Int(header.rawLength)
            let raw =
                header.flags.compression == .stream
                ? try decompressor?.inflateStream(body, rawLength: length)
                : try decompressor?.inflateFrame(body, rawLength: length)
            return raw ?? []
        } catch {
            throw error.violation
        }
    }

    private func act(
        _ action: CollectorSession.Action, _ header: FrameHeader, _ raw: [UInt8]
    ) throws(ProtocolViolation) {
        switch action {
        case .nothing: break
        case .open(let hello): open(hello)
        case .appendToBatch: append(raw)
        case .completeBatch(let sequence): try complete(sequence, raw)
        case .run(let query, let id): run(query, id)
        case .watch(let position, let id): watch(after: position, id)
        case .cancelQuery(let id): cancel(id)
        case .grantRows(let id, let credit): exchanges[id]?.grant(credit)
        case .answer(let summary, let id): write(.summary, sequence: id, summary)
        case .pong(let sequence): write(.pong, sequence: sequence, body: [])
        case .finish: finish()
        }
    }
}
