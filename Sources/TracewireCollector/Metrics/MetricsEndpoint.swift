internal import NIOConcurrencyHelpers
internal import NIOCore
internal import NIOHTTP1
internal import NIOPosix

/// The address where a collector's figures are scraped and its health is asked over HTTP/1.1.
///
/// It has an event loop and a thread of its own: whatever is asked here, connections that send events do not wait for it.
final class MetricsEndpoint: Sendable {
    /// Most bytes of a request's head.
    static let headBytes = 8 << 10
    /// Files and sockets that it has open at most: the connections, some that are being ended, the listener, what an event
    /// loop has, and a reader of the database.
    static let descriptors = MetricsConnections.limit + 24

    private let host: String
    private let port: Int
    private let configuration: CollectorConfiguration
    private let answers: MetricsAnswers
    private let connections = MetricsConnections()
    /// While it serves.
    private let group = NIOLockedValueBox<MultiThreadedEventLoopGroup?>(nil)

    /// `nil` where the configuration names no port for it.
    init?(_ core: CollectorCore) {
        guard let port = core.configuration.metricsPort else { return nil }
        self.port = port
        host = core.configuration.metricsHost
        configuration = core.configuration
        answers = MetricsAnswers(
            phase: core.phase, projects: core.projects, reading: FigureReading(core.projects))
    }

    /// Takes the port and serves.
    ///
    /// - Throws: `address_in_use` or `cannot_listen`.
    func start() async throws(CollectorError) -> SocketAddress? {
        answers.reading.start()
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        self.group.withLockedValue { $0 = group }
        do {
            return try await bootstrap(group).bind(host: host, port: port).get().localAddress
        } catch {
            throw .listening(error, host: host, port: port, option: "--metrics")
        }
    }

    /// Ends all that is asked, and returns when nothing of it is left. Doing it again does nothing.
    func stop() async {
        await answers.reading.stop()
        let group = group.withLockedValue { $0.take() }
        try? await group?.shutdownGracefully()
    }

    private func bootstrap(_ group: MultiThreadedEventLoopGroup) -> ServerBootstrap {
        ServerBootstrap(group: group)
            .serverChannelOption(.backlog, value: 64)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .serverChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(
                        AcceptBackoffHandler(shouldForwardIOErrorCaught: false))
                }
            }
            .childChannelInitializer { [answers, connections, configuration] channel in
                channel.eventLoop.makeCompletedFuture {
                    let pipeline = channel.pipeline.syncOperations
                    try pipeline.addHandler(
                        ByteToMessageHandler(
                            HTTPRequestDecoder(limitConfiguration: Self.headLimits),
                            maximumBufferSize: 2 * Self.headBytes))
                    try pipeline.addHandler(HTTPResponseEncoder())
                    try pipeline.addHandler(
                        MetricsHandler(answers: answers, connections: connections, configuration: configuration))
                }
            }
            // What is sent behind a request's head is read in small pieces, and nothing of it kept.
            .childChannelOption(.recvAllocator, value: FixedSizeRecvByteBufferAllocator(capacity: 4 << 10))
            .childChannelOption(.maxMessagesPerRead, value: 1)
            .childChannelOption(.allowRemoteHalfClosure, value: true)
            .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
    }

    private static var headLimits: NIOHTTPDecoderLimitConfiguration {
        var limits = NIOHTTPDecoderLimitConfiguration()
        limits.maxHeaderFieldSize = headBytes
        limits.maxHeaderListSize = headBytes
        limits.maxHeaderFieldCount = 64
        return limits
    }
}
