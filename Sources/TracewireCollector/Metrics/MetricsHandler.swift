internal import NIOCore
internal import NIOHTTP1

/// One connection to the metrics address: a request, its answer, and the end. Every answer says so (`Connection: close`), so
/// that a client keeps nothing here between two scrapes. Whatever it sends behind the head of its request is passed over.
final class MetricsHandler: ChannelInboundHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = HTTPServerResponsePart

    private enum State {
        case awaitingRequest
        /// The answer is made.
        case answering
        /// The answer is on its way.
        case writing
        /// The peer has a moment to read it.
        case lingering
    }

    private static let lingering = TimeAmount.seconds(1)

    private let answers: MetricsAnswers
    private let connections: MetricsConnections
    /// How long a request may take to come, and how long its answer to be made, and then to be read.
    private let requestTimeout: TimeAmount
    private let answerTimeout: TimeAmount
    private var state = State.awaitingRequest
    /// The peer sends no more. It may still read.
    private var isInputClosed = false
    private var context: ChannelHandlerContext?
    private var deadline: Scheduled<Void>?

    init(answers: MetricsAnswers, connections: MetricsConnections, configuration: CollectorConfiguration) {
        self.answers = answers
        self.connections = connections
        requestTimeout = TimeAmount(configuration.handshakeTimeout)
        answerTimeout = TimeAmount(configuration.stallTimeout)
    }

    // MARK: Beginning and end

    func channelActive(context: ChannelHandlerContext) {
        self.context = context
        guard connections.opened(context.channel) else { return context.close(promise: nil) }
        schedule(in: requestTimeout) { handler in
            handler.finish(.sentence(.requestTimeout, "No request came in time."), isHead: false)
        }
    }

    func channelInactive(context: ChannelHandlerContext) {
        deadline?.cancel()
        connections.closed(context.channel)
        self.context = nil
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        if error is IOError || error is ChannelError { return context.close(promise: nil) }
        guard state == .awaitingRequest else { return }
        let isTooLarge = (error as? HTTPParserError) == .headerOverflow
        finish(
            isTooLarge
                ? .sentence(
                    .requestHeaderFieldsTooLarge,
                    "The request's head is larger than \(MetricsEndpoint.headBytes) bytes.")
                : .sentence(.badRequest, "This is no HTTP request. Here are the figures of a Tracewire collector."),
            isHead: false)
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        guard event as? ChannelEvent == .inputClosed else { return }
        isInputClosed = true
        if state == .awaitingRequest || state == .lingering { context.close(promise: nil) }
    }

    // MARK: The request and its answer

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard state == .awaitingRequest, case .head(let head) = unwrapInboundIn(data) else { return }
        state = .answering
        connections.requested(context.channel)
        schedule(in: answerTimeout) { $0.context?.close(promise: nil) }
        let isHead = head.method == .HEAD
        answers.answer(to: head, on: context.eventLoop).assumeIsolated().whenSuccess { [self] answer in
            finish(answer, isHead: isHead)
        }
    }

    /// Writes the answer, and ends the connection when it is read.
    private func finish(_ answer: MetricsAnswer, isHead: Bool) {
        guard let context, state == .awaitingRequest || state == .answering else { return }
        state = .writing
        schedule(in: answerTimeout) { $0.context?.close(promise: nil) }
        context.write(wrapOutboundOut(.head(Self.head(of: answer))), promise: nil)
        if !isHead {
            context.write(wrapOutboundOut(.body(.byteBuffer(ByteBuffer(string: answer.text)))), promise: nil)
        }
        let written = context.eventLoop.makePromise(of: Void.self)
        context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: written)
        written.futureResult.assumeIsolated().whenComplete { [self] _ in linger() }
    }

    /// Closing while unread bytes wait would reset the connection and lose the answer (RFC 9112, 9.6).
    private func linger() {
        guard let context else { return }
        guard !isInputClosed else { return context.close(promise: nil) }
        state = .lingering
        context.close(mode: .output, promise: nil)
        schedule(in: Self.lingering) { $0.context?.close(promise: nil) }
    }

    private static func head(of answer: MetricsAnswer) -> HTTPResponseHead {
        var headers = HTTPHeaders([
            ("Date", HTTPDate.now), ("Content-Type", answer.mediaType),
            ("Content-Length", "\(answer.text.utf8.count)"), ("Cache-Control", "no-store"), ("Connection", "close"),
        ])
        if let allow = answer.allow { headers.add(name: "Allow", value: allow) }
        return HTTPResponseHead(version: .http1_1, status: answer.status, headers: headers)
    }

    private func schedule(in time: TimeAmount, _ body: @escaping (MetricsHandler) -> Void) {
        deadline?.cancel()
        deadline = context?.eventLoop.assumeIsolated().scheduleTask(in: time) { [weak self] in
            if let self { body(self) }
        }
    }
}
