public import Logging
internal import NIOConcurrencyHelpers
internal import NIOCore
internal import NIOPosix
public import ServiceLifecycle
internal import TracewireProtocol
internal import TracewireStore

/// The collector: a listener, its connections, one writer and a few readers.
///
/// ``start()`` takes the port and opens the database; ``run()`` does that if it has not been done, and serves until it is
/// cancelled or shut down gracefully. Stopping drains: what has arrived is committed and acknowledged, the database
/// is checkpointed.
public final class Collector: Service {
    let core: CollectorCore
    private let writerThread = NIOThreadPool(numberOfThreads: 1)
    private let group: any EventLoopGroup
    private let state = NIOLockedValueBox(State())

    private struct State {
        var listener: (any Channel)?
        var writerEnded: EventLoopFuture<Void>?
    }

    /// - Throws: `insecure` for an address beyond loopback that the configuration does not allow, `too_few_descriptors` if
    ///   the system lets the process open too few files and sockets.
    public init(_ configuration: CollectorConfiguration, logger: Logger) throws(CollectorError) {
        guard configuration.allowsInsecure || LoopbackAddress.contains(configuration.listenHost) else {
            throw Self.insecure(configuration.listenHost)
        }
        var configuration = configuration
        configuration.databasePath = DatabasePath.resolved(configuration.databasePath)
        core = try CollectorCore(configuration, logger: logger)
        group = MultiThreadedEventLoopGroup.singleton
    }

    private static func insecure(_ host: String) -> CollectorError {
        let danger =
            LoopbackAddress.isAddress(host)
            ? "\(host) can be reached from other machines"
            : "'\(host)' is no IP address and not localhost: it may lead to where other machines reach it"
        return CollectorError(
            .insecure,
            """
            \(danger), and nothing would protect the traces: there is no TLS and no token. Listen on 127.0.0.1, or say \
            --insecure if the network is trusted.
            """)
    }

    /// Takes the port, then opens the database. Returns the address that clients connect to.
    ///
    /// - Throws: ``CollectorError``: `address_in_use`, `cannot_listen` or `store`. Nothing is left of it then: no
    ///   database was made for a port that is taken.
    @discardableResult
    public func start() async throws -> (host: String, port: Int) {
        let listener = try await listen()
        do {
            try await startWriter()
            core.queries.start()
            // Accepting what there is no descriptor for would be tried again and again.
            core.connections.onCrowding { accepts in _ = listener.setOption(.autoRead, value: accepts) }
            try await listener.setOption(.autoRead, value: true).get()
        } catch {
            try? await listener.close()
            await stopThreads()
            throw error
        }
        state.withLockedValue { $0.listener = listener }
        let address = listener.localAddress
        return (address?.ipAddress ?? core.configuration.listenHost, address?.port ?? core.configuration.listenPort)
    }

    /// Serves until the task is cancelled or the service group shuts down gracefully, then drains.
    public func run() async throws {
        if state.withLockedValue({ $0.listener }) == nil { try await start() }
        try? await gracefulShutdown()
        await stop()
    }

    /// Stops listening, settles what has arrived, and closes the database. Doing it again does nothing.
    public func stop() async {
        guard let listener = state.withLockedValue({ $0.listener.take() }) else { return }
        try? await listener.close()
        await core.queries.stop()
        core.watchers.stop()
        await drainConnections()
        await stopThreads()
    }

    private func startWriter() async throws {
        let loop = group.any()
        let opened = loop.makePromise(of: Void.self)
        let ended = loop.makePromise(of: Void.self)
        writerThread.start()
        writerThread.submit { [core] _ in
            let writer = WriterLoop(
                configuration: core.configuration, queue: core.queue, counters: core.counters,
                unsettled: core.unsettled, watchers: core.watchers, logger: core.logger)
            writer.run(opened: opened)
            ended.succeed()
        }
        state.withLockedValue { $0.writerEnded = ended.futureResult }
        do {
            try await opened.futureResult.get()
        } catch let error as StoreError {
            throw CollectorError(.store, error.description, cause: error)
        }
    }

    private func stopThreads() async {
        core.queue.stop()
        await core.queries.stop()
        let ended = state.withLockedValue { $0.writerEnded.take() }
        try? await ended?.get()
        try? await writerThread.shutdownGracefully()
    }

    /// Takes the port. Connections are accepted when the listener is read.
    private func listen() async throws -> any Channel {
        let configuration = core.configuration
        let bootstrap = ServerBootstrap(group: group)
            .serverChannelOption(.backlog, value: 1024)
            .serverChannelOption(.autoRead, value: false)
            // A restart must not wait for the old connections' last packets.
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            // Should descriptors run out all the same: what cannot be accepted is not tried again at once.
            .serverChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(
                        AcceptBackoffHandler(shouldForwardIOErrorCaught: false))
                }
            }
            .childChannelInitializer { [core] channel in
                channel.eventLoop.makeCompletedFuture {
                    let handler = ConnectionHandler(shared: core, number: core.nextConnectionNumber())
                    try channel.pipeline.syncOperations.addHandler(handler)
                }
            }
            .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
            .childChannelOption(.socketOption(.so_keepalive), value: 1)
            .childChannelOption(
                .writeBufferWaterMark, value: ChannelOptions.Types.WriteBufferWaterMark(low: 512 << 10, high: 2 << 20))
        do {
            return try await bootstrap.bind(host: configuration.listenHost, port: configuration.listenPort).get()
        } catch {
            throw Self.explain(error, configuration)
        }
    }

    private static func explain(_ error: any Error, _ configuration: CollectorConfiguration) -> CollectorError {
        let address = "\(configuration.listenHost):\(configuration.listenPort)"
        let number = (error as? IOError)?.errnoCode
        guard number == EADDRINUSE else {
            let isUnresolved = error is SocketAddressError
            let reason =
                number.map { String(cString: strerror($0)) }
                ?? (isUnresolved ? "the name could not be resolved" : "\(error)")
            return CollectorError(
                .cannotListen, "cannot listen on \(address): \(reason). Choose another with --listen.")
        }
        return CollectorError(
            .addressInUse,
            "\(address) is taken, perhaps by another collector. Stop it, or choose another port with --listen.")
    }

    /// Lets the connections end by themselves, and cuts those that take longer than they may.
    private func drainConnections() async {
        let loop = group.any()
        let drained = loop.makePromise(of: Void.self)
        let limit = loop.scheduleTask(in: TimeAmount(core.configuration.drainTimeout)) { [core] in
            core.connections.cut()
        }
        core.connections.drain { drained.succeed() }
        try? await drained.futureResult.get()
        limit.cancel()
    }
}
