internal import NIOCore
internal import TracewireProtocol

/// One connection that asks: owns the frame decoder, the session and the streams of the queries under way.
final class QueryHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let address: CollectorAddress
    /// What is shown to it; empty for none.
    private let token: String
    private let timeout: Duration
    private var session: QuerySession
    private var receiver = FrameReceiver()
    private var streams: [UInt64: QueryStream] = [:]
    private var watches: [UInt64: EventLoopPromise<UInt64>] = [:]
    private var context: ChannelHandlerContext?
    private var clock: SilenceClock?
    private var opened: EventLoopPromise<Void>?
    /// Why the connection ended, once it has.
    private var failure: TracewireError?

    /// - Parameter opened: succeeds when the session is open, or fails with a `TracewireError`.
    init(
        hello: Hello, address: CollectorAddress, timeout: Duration, opened: EventLoopPromise<Void>
    ) {
        self.address = address
        token = hello.token
        self.timeout = timeout
        self.opened = opened
        session = QuerySession(hello: hello)
    }

    // MARK: What the client wants

    /// Asks, and hands the answer to `stream`. Returns the query's id.
    func ask(_ query: Query, _ stream: QueryStream) throws(TracewireError) -> UInt64 {
        if let failure { throw failure }
        guard let (id, actions) = session.ask(query) else { throw cannotAsk() }
        streams[id] = stream
        perform(actions)
        return id
    }

    private func cannotAsk() -> TracewireError {
        if case .draining(let ending) = session.state { return TracewireError(ending, address, token: token) }
        return TracewireError(
            .tooManyQueries, code: .busy,
            "\(Limits.queriesPerConnection) queries are running on this connection: wait for one, or connect again")
    }

    /// Asks to be told when an event behind `position` is committed, and of the position then. Returns the watch's id.
    func watch(after position: UInt64, _ promise: EventLoopPromise<UInt64>) throws(TracewireError) -> UInt64 {
        if let failure { throw failure }
        guard let (id, actions) = session.watch(after: position) else { throw cannotAsk() }
        watches[id] = promise
        perform(actions)
        return id
    }

    func consumed(_ id: UInt64, bytes: Int) {
        perform(session.consumed(id, bytes: bytes))
    }

    func cancel(_ id: UInt64) {
        streams[id] = nil
        watches.removeValue(forKey: id)?.fail(CancellationError())
        perform(session.cancel(id))
    }

    func close() {
        guard failure == nil else { return }
        fail(.clientClosed)
        context?.close(promise: nil)
    }

    // MARK: What the connection says

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
        clock = SilenceClock(
            opening: timeout, silence: TracewireConfiguration().silenceTimeout, on: context.channel
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

    private func nextFrame() -> [QuerySession.Action]? {
        do throws(ProtocolViolation) {
            return try receiver.next { (header) throws(ProtocolViolation) in
                try session.admit(header.type, flags: header.flags)
            } body: { header, body in
                session.received(header.type, flags: header.flags, id: header.sequence, body: body)
            }
        } catch {
            return session.violated(error)
        }
    }

    func channelInactive(context: ChannelHandlerContext) {
        perform(session.connectionLost(Self.closedThere))
        context.fireChannelInactive()
    }

    private static let closedThere = "the other side closed it"

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        if let trouble = TLSTrouble(error, in: context) { fail(TracewireError(trouble, address)) }
        let reason = TLSTrouble.isEnd(error) ? Self.closedThere : String(describing: error)
        perform(session.connectionLost(reason))
        context.close(promise: nil)
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        clock?.stop()
        // A connection that never opened, such as the slower of two addresses.
        fail(.noCollector(address))
        self.context = nil
    }

    private func perform(_ actions: [QuerySession.Action]) {
        for action in actions { perform(action) }
        if !actions.isEmpty { context?.flush() }
    }

    private func perform(_ action: QuerySession.Action) {
        switch action {
        case .sendHello(let hello): write(FrameEncoder.frame(.hello, hello))
        case .opened: open()
        case .sendQuery(let id, let query): write(FrameEncoder.frame(.query, sequence: id, query))
        case .sendWatch(let id, let request): write(FrameEncoder.frame(.watch, sequence: id, request))
        case .sendCancel(let id): write(FrameEncoder.frame(.cancel, sequence: id))
        case .sendCredit(let id, let credit): write(FrameEncoder.frame(.credit, sequence: id, credit))
        case .columns(let id, let columns): streams[id]?.receive(columns)
        case .rows(let id, let rows, let bytes): streams[id]?.receive(QueryStream.Chunk(rows: rows, bytes: bytes))
        case .finished(let id, let summary): finished(id, summary)
        case .sendPing: write(FrameEncoder.frame(.ping))
        case .sendPong: write(FrameEncoder.frame(.pong))
        case .close(let ending): close(ending)
        }
    }

    private func finished(_ id: UInt64, _ summary: Summary) {
        streams.removeValue(forKey: id)?.finish(summary)
        guard let watch = watches.removeValue(forKey: id) else { return }
        if summary.code == .ok { watch.succeed(summary.position) } else { watch.fail(TracewireError(summary)) }
    }

    private func write(_ frame: [UInt8]) {
        clock?.wrote(frame.count)
        context?.write(wrapOutboundOut(ByteBuffer(bytes: frame)), promise: nil)
    }

    private func open() {
        receiver.opened(session.features)
        clock?.opened()
        opened?.succeed()
        opened = nil
    }

    private func close(_ ending: SessionEnding) {
        clock?.stop()
        if ending.isCollectorsFault {
            write(FrameEncoder.frame(.goaway, Farewell(code: ending.code, message: ending.message)))
            context?.flush()
        }
        fail(TracewireError(ending, address, token: token))
        context?.close(promise: nil)
    }

    private func fail(_ error: TracewireError) {
        guard failure == nil else { return }
        failure = error
        opened?.fail(error)
        opened = nil
        for stream in streams.values { stream.fail(error) }
        streams = [:]
        for watch in watches.values { watch.fail(error) }
        watches = [:]
    }
}
