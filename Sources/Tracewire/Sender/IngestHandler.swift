internal import NIOCore
internal import TracewireProtocol
internal import TracewireZstd

/// What a connection tells the sender. All calls come on the sender's event loop.
protocol IngestObserver: AnyObject {
    /// Whether this connection is wanted. A host with several addresses may be tried at several of them.
    func connected(_ handler: IngestHandler) -> Bool
    func sessionOpened(committed: UInt64)
    func acknowledged(through sequence: UInt64, verdicts: [Verdict])
    /// Called on any thread when a batch that was away can be asked for again.
    var whenReady: @Sendable () -> Void { get }
    /// All that was queued has been made into batches, or refused as too large for this collector.
    func everythingTaken()
    func sent(rawBytes: Int, wireBytes: Int)
    /// Called once; nothing follows.
    ///
    /// - Parameter tls: why TLS could not be had, if that is what ended it.
    func sessionEnded(_ ending: SessionEnding, _ tls: TLSTrouble?)
}

/// One connection that sends batches: owns the frame decoder, the session and the compressor, and does what the session
/// says.
final class IngestHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let queue: RecordQueue
    private let configuration: TracewireConfiguration
    private weak var observer: (any IngestObserver)?
    private var session: ClientSession
    private var receiver = FrameReceiver()
    private var compressor: BodyCompressor?
    private var current: QueuedBatch?
    private var context: ChannelHandlerContext?
    private var clock: SilenceClock?
    /// Whether a batch of less than a full one may go: at the start, and when the batch delay is over. Until all is out.
    private var isPartialDue = true
    private var tlsTrouble: TLSTrouble?
    private var isSending = false

    init(
        hello: Hello, highestAssigned: UInt64, queue: RecordQueue, configuration: TracewireConfiguration,
        observer: any IngestObserver
    ) {
        self.queue = queue
        self.configuration = configuration
        self.observer = observer
        session = ClientSession(
            hello: hello, highestAssigned: highestAssigned, maximumInFlight: configuration.batchesInFlight)
    }

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        if context.channel.isActive { start(context) }
    }

    func channelActive(context: ChannelHandlerContext) {
        start(context)
        context.fireChannelActive()
    }

    private func start(_ context: ChannelHandlerContext) {
        guard clock == nil else { return }
        guard observer?.connected(self) ?? false else {
            observer = nil
            context.close(promise: nil)
            return
        }
        clock = SilenceClock(
            opening: configuration.connectTimeout, silence: configuration.silenceTimeout, on: context.channel
        ) { [weak self] peerTakes in
            guard let self else { return }
            self.perform(self.session.silent(peerTakes: peerTakes))
        }
        perform(session.connected())
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var bytes = unwrapInboundIn(data)
        receiver.append(&bytes)
        clock?.heard()
        while session.state != .closed, let actions = nextFrame() { perform(actions) }
    }

    private func nextFrame() -> [ClientSession.Action]? {
        do throws(ProtocolViolation) {
            return try receiver.next { (header) throws(ProtocolViolation) in
                try session.admit(header.type, flags: header.flags)
            } body: { header, body in
                session.received(header.type, flags: header.flags, sequence: header.sequence, body: body)
            }
        } catch {
            return session.violated(error)
        }
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        if context.channel.isWritable { perform([.continueSending]) }
        context.fireChannelWritabilityChanged()
    }

    func channelInactive(context: ChannelHandlerContext) {
        if isStarted { perform(session.connectionLost(Self.closedThere)) }
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        tlsTrouble = TLSTrouble(error, in: context)
        let reason = TLSTrouble.isEnd(error) ? Self.closedThere : String(describing: error)
        if isStarted { perform(session.connectionLost(reason)) }
        context.close(promise: nil)
    }

    private static let closedThere = "the other side closed it"

    private var isStarted: Bool { clock != nil }

    func handlerRemoved(context: ChannelHandlerContext) {
        clock?.stop()
        self.context = nil
    }

    private func perform(_ actions: [ClientSession.Action]) {
        for action in actions {
            switch action {
            case .sendHello(let hello): write(FrameEncoder.frame(.hello, hello))
            case .opened(let committed): open(committed)
            case .acknowledge(let sequence, let verdicts):
                observer?.acknowledged(through: sequence, verdicts: verdicts)
            case .continueSending: sendBatches()
            case .sendPing: write(FrameEncoder.frame(.ping))
            case .sendPong: answerPing()
            case .close(let ending): close(ending)
            }
        }
        context?.flush()
    }

    /// Whoever asks and reads nothing is not answered: answers would only pile up here.
    private func answerPing() {
        if context?.channel.isWritable ?? false { write(FrameEncoder.frame(.pong)) }
    }

    /// Sends what waits now; `partial` also what does not fill a batch.
    func send(partial: Bool) {
        if partial { isPartialDue = true }
        perform([.continueSending])
    }

    private func sendBatches() {
        // A flush may make the channel writable again while this goes on.
        guard !isSending else { return }
        isSending = true
        defer { isSending = false }
        while let context, context.channel.isWritable {
            if sendPart() {
                // TLS keeps what is not flushed, and the channel does not know of it.
                if configuration.tls != nil { context.flush() }
                continue
            }
            guard session.canBeginBatch, beginBatch() else { return }
        }
    }

    private func sendPart() -> Bool {
        guard let batch = current, let part = session.nextPart() else { return false }
        if !part.more { current = nil }
        do throws(ZstdError) {
            guard let frame = try compressor?.frame(part, batch.bytes.span.extracting(part.range)) else { return false }
            observer?.sent(rawBytes: part.range.count, wireBytes: frame.count)
            write(frame)
            return true
        } catch {
            perform(session.connectionLost(error.description))
            return false
        }
    }

    private var batchIsReady: @Sendable () -> Void {
        guard let observer else { return {} }
        return observer.whenReady
    }

    private func beginBatch() -> Bool {
        let limits = BatchLimits(
            bytes: Int(session.limits.batchBytes), records: Int(session.limits.batchRecords),
            recordBytes: Int(session.limits.recordBytes))
        switch queue.batch(session.nextSequence, limits, allowsPartial: isPartialDue, whenReady: batchIsReady) {
        case .batch(let batch):
            session.beginBatch(bytes: batch.bytes.count, records: batch.records)
            current = batch
            return true
        case .onlyPartial, .away: return false
        case .empty:
            isPartialDue = false
            observer?.everythingTaken()
            return false
        case .mustRenumber:
            perform(session.mustRenumber())
            return false
        }
    }

    /// Closes the connection; nobody is told any more.
    func stop() {
        observer = nil
        clock?.stop()
        context?.close(promise: nil)
    }

    private func write(_ frame: [UInt8]) {
        clock?.wrote(frame.count)
        context?.write(wrapOutboundOut(ByteBuffer(bytes: frame)), promise: nil)
    }

    private func open(_ committed: UInt64) {
        do throws(ZstdError) {
            compressor = try BodyCompressor(session.compression, windowLog: session.streamWindowLog)
            receiver.opened(session.features)
            clock?.opened()
            observer?.sessionOpened(committed: committed)
        } catch {
            perform(session.connectionLost(error.description))
        }
    }

    private func close(_ ending: SessionEnding) {
        clock?.stop()
        current = nil
        if ending.isCollectorsFault {
            write(FrameEncoder.frame(.goaway, Farewell(code: ending.code, message: ending.message)))
        }
        context?.flush()
        context?.close(promise: nil)
        observer?.sessionEnded(ending, tlsTrouble)
        observer = nil
    }
}
