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
    private let metrics: MetricsEndpoint?
    private let group: any EventLoopGroup
    private let state = NIOLockedValueBox(State())

    private struct State {
        var listener: (any Channel)?
        var metricsAddress: SocketAddress?
        var certificateLook: RepeatedTask?
    }

    /// - Throws: `insecure` for an address beyond loopback that nothing protects, `tokens` for a tokens file that is none,
    ///   `too_few_descriptors` if the system lets the process open too few files and sockets, `tls_unusable` if the files
    ///   for TLS are.
    public init(_ configuration: CollectorConfiguration, logger: Logger) throws(CollectorError) {
        var configuration = configuration
        configuration.databasePath = DatabasePath.resolved(configuration.databasePath)
        let access = try AccessControl(configuration, logger: logger)
        try Self.requireProtection(configuration, access)
        core = try CollectorCore(configuration, access: access, logger: logger)
        metrics = MetricsEndpoint(core)
        group = MultiThreadedEventLoopGroup.singleton
    }

    /// Beyond loopback there must be TLS and a token, unless the operator says otherwise in so many words.
    private static func requireProtection(
        _ configuration: CollectorConfiguration, _ access: AccessControl
    ) throws(CollectorError) {
        if configuration.isExposed, !configuration.allowsInsecure {
            guard configuration.isEncrypted else { throw .unencrypted(configuration.listenHost) }
            if access.hasNoTokens { throw .noTokens(configuration.listenHost, file: configuration.tokensFile.path) }
        }
        if configuration.exposesMetrics, !configuration.allowsInsecureMetrics {
            throw .openMetrics(configuration.metricsHost)
        }
    }

    /// Says what is served to anybody who reaches it.
    private static func warn(of configuration: CollectorConfiguration, _ access: AccessControl, _ logger: Logger) {
        if configuration.isExposed, !access.demandsTokens {
            logger.warning(
                "anybody who reaches the address may send, ask and change everything",
                metadata: ["address": "\(configuration.listenHost)", "because": "insecure"])
        }
        if configuration.isExposed, !configuration.isEncrypted {
            logger.warning(
                "traces and tokens cross the network in clear",
                metadata: ["address": "\(configuration.listenHost)", "because": "insecure"])
        }
        if configuration.exposesMetrics {
            logger.warning(
                "anybody who reaches the address may see the figures",
                metadata: ["address": "\(configuration.metricsHost)", "because": "insecure_metrics"])
        }
    }

    /// Takes the port, then opens the database. Returns the address that clients connect to.
    ///
    /// - Throws: ``CollectorError``: `address_in_use`, `cannot_listen` or `store`. Nothing is left of it then: no
    ///   database was made for a port that is taken.
    @discardableResult
    public func start() async throws -> (host: String, port: Int) {
        let listener = try await listen()
        do {
            let metricsAddress = try await metrics?.start()
            state.withLockedValue { $0.metricsAddress = metricsAddress }
            try await openStandardProject()
            core.queries.start()
            // Accepting what there is no descriptor for would be tried again and again.
            core.connections.onCrowding { accepts in _ = listener.setOption(.autoRead, value: accepts) }
            try await listener.setOption(.autoRead, value: true).get()
        } catch {
            try? await listener.close()
            await metrics?.stop()
            await stopThreads(until: .now())
            throw error
        }
        Self.warn(of: core.configuration, core.access, core.logger)
        lookAfterCertificates()
        core.phase.enter(.serving)
        state.withLockedValue { $0.listener = listener }
        let address = listener.localAddress
        return (address?.ipAddress ?? core.configuration.listenHost, address?.port ?? core.configuration.listenPort)
    }

    /// Where the figures are served, between ``start()`` and ``stop()``; `nil` where they are not.
    public var metricsAddress: (host: String, port: Int)? {
        guard let address = state.withLockedValue({ $0.metricsAddress }), let host = address.ipAddress else {
            return nil
        }
        return address.port.map { (host, $0) }
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
        core.phase.enter(.draining)
        state.withLockedValue { $0.certificateLook.take() }?.cancel()
        try? await listener.close()
        let deadline = NIODeadline.now() + TimeAmount(core.configuration.drainTimeout)
        // What ends at once is told before its connection is.
        await stopQueries(until: min(deadline, .now() + .seconds(1)))
        core.projects.stopOpening()
        for project in core.projects.all { project.stopWatching() }
        await drainConnections(until: deadline)
        await metrics?.stop()
        await stopThreads(until: deadline)
    }

    /// Reads the files for TLS again, also where they look as before. What cannot be used changes nothing, and is logged.
    /// Connections that stand keep what they have.
    public func reloadCertificates() async {
        guard let certificates = core.certificates else { return }
        try? await NIOThreadPool.singleton.runIfActive { certificates.refresh(always: true) }
    }

    /// Has an eye on the files for TLS, and takes what is new.
    private func lookAfterCertificates() {
        guard let certificates = core.certificates else { return }
        let loop = group.any()
        let look = loop.scheduleRepeatedAsyncTask(initialDelay: .seconds(1), delay: .seconds(1)) { _ in
            NIOThreadPool.singleton.runIfActive(eventLoop: loop) { certificates.refresh() }
        }
        state.withLockedValue { $0.certificateLook = look }
    }

    private func openStandardProject() async throws {
        let opened = group.any().makePromise(of: Void.self)
        core.projects.standard.open { opened.completeWith($0.mapError { $0 }) }
        do {
            try await opened.futureResult.get()
        } catch let error as StoreError {
            throw CollectorError(.store, error.description, cause: error)
        }
    }

    private func stopQueries(until deadline: NIODeadline) async {
        await core.queries.stop(within: deadline - .now(), on: group.any())
    }

    private func stopThreads(until deadline: NIODeadline) async {
        // A query looks about every second whether it must end.
        await stopQueries(until: max(deadline, .now() + .seconds(2)))
        for project in core.projects.all { await project.stop() }
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
                    if core.offences?.shutsOut(channel.remoteAddress) == true {
                        return try channel.pipeline.syncOperations.addHandler(ShutDoor())
                    }
                    let handler = ConnectionHandler(shared: core, number: core.nextConnectionNumber())
                    if let certificates = core.certificates {
                        try channel.pipeline.syncOperations.addHandler(TLSDoor(certificates, handler))
                    }
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
            throw CollectorError.listening(
                error, host: configuration.listenHost, port: configuration.listenPort, option: "--listen")
        }
    }

    /// Lets the connections end by themselves, and cuts those that take longer than they may.
    private func drainConnections(until deadline: NIODeadline) async {
        let loop = group.any()
        let drained = loop.makePromise(of: Void.self)
        let limit = loop.scheduleTask(deadline: deadline) { [core] in
            core.connections.cut()
        }
        core.connections.drain { drained.succeed() }
        try? await drained.futureResult.get()
        limit.cancel()
    }
}
