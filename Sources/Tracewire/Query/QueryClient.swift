internal import NIOCore
internal import NIOPosix
public import TracewireProtocol

/// A connection to a collector that asks: reports, SQL and actions. Several queries may run on it at once.
///
/// ```swift
/// let client = try await QueryClient.connect()
/// let answer = try await client.run(.sql(text: "SELECT name, status FROM workflows", parameters: []))
/// for try await row in answer.rows { print(row) }
/// await client.close()
/// ```
public final class QueryClient: Sendable {
    private let channel: any Channel
    private let handler: NIOLoopBound<QueryHandler>

    private init(_ channel: any Channel, _ handler: NIOLoopBound<QueryHandler>) {
        self.channel = channel
        self.handler = handler
    }

    deinit {
        channel.close(promise: nil)
    }

    /// Connects, and opens a session.
    ///
    /// - Parameters:
    ///   - token: what the collector asks for; `nil` where it asks for none.
    ///   - tls: whom to trust over TLS; `nil` for no TLS.
    ///   - clientName: for people, in the collector's logs and `tracewire status`.
    ///   - timeout: for connecting, and again for the collector's answer.
    /// - Throws: `no_collector`, `unresolved_host`, `refused`, `protocol_violation`, `connection_lost`, and over TLS
    ///   `untrusted_collector`, `tls_failed` or `invalid_configuration`.
    public static func connect(
        host: String = CollectorAddress.standard.host, port: Int = CollectorAddress.standardPort, token: String? = nil,
        tls: TracewireTLS? = nil, clientName: String = "tracewire-query", timeout: Duration = .seconds(5)
    ) async throws(TracewireError) -> QueryClient {
        let address = CollectorAddress(host: host, port: port)
        var hello = Hello(clientName: clientName)
        hello.token = token ?? ""
        hello.offeredFeatures = [.zstdFrame, .grease]
        do {
            return try await connect(hello, address, tls, timeout)
        } catch let error as TracewireError {
            throw error
        } catch {
            if isUnresolved(error) { throw .unresolvedHost(address) }
            throw .noCollector(address, code: isTimeout(error) ? .timedOut : .ok)
        }
    }

    /// Whether the name led to no address that could have been tried.
    private static func isUnresolved(_ error: any Error) -> Bool {
        guard let attempts = error as? NIOConnectionError else { return false }
        return attempts.connectionErrors.isEmpty && (attempts.dnsAError != nil || attempts.dnsAAAAError != nil)
    }

    private static func isTimeout(_ error: any Error) -> Bool {
        if case .connectTimeout = error as? ChannelError { return true }
        guard let attempts = error as? NIOConnectionError else { return false }
        return attempts.connectionErrors.contains { isTimeout($0.error) }
    }

    private static func connect(
        _ hello: Hello, _ address: CollectorAddress, _ tls: TracewireTLS?, _ timeout: Duration
    ) async throws -> QueryClient {
        let eventLoop = MultiThreadedEventLoopGroup.singleton.next()
        let security = try await tls.map { ConnectionSecurity.load($0, on: eventLoop) }?.get() ?? .none
        let connected = ClientBootstrap(group: eventLoop)
            .connectTimeout(TimeAmount(timeout))
            .channelOption(.tcpOption(.tcp_nodelay), value: 1)
            .connect(host: address.host, port: address.port)
            .flatMap { channel in open(channel, hello, address, security, timeout) }
        return try await connected.get()
    }

    /// Adds the handler to the channel that won, among a host's addresses, and waits for `WELCOME`.
    private static func open(
        _ channel: any Channel, _ hello: Hello, _ address: CollectorAddress, _ security: ConnectionSecurity,
        _ timeout: Duration
    ) -> EventLoopFuture<QueryClient> {
        let opened = channel.eventLoop.makePromise(of: Void.self)
        let handler = QueryHandler(hello: hello, address: address, timeout: timeout, opened: opened)
        let bound = NIOLoopBound(handler, eventLoop: channel.eventLoop)
        do {
            try security.secure(channel, host: address.host)
            try channel.pipeline.syncOperations.addHandler(handler)
        } catch {
            opened.fail(error)
        }
        return opened.futureResult.map { QueryClient(channel, bound) }
    }

    /// Asks. Returns when the columns are known; the rows come as they are read.
    ///
    /// Cancelling the task cancels the query, and so does letting go of the answer.
    ///
    /// - Parameters:
    ///   - timeout: how long the collector may work on it; it has a limit of its own, which this may lower.
    ///   - maximumRows: likewise; 0 for the collector's limit. So with `maximumBytes` of rows.
    /// - Throws: `TracewireError` (`query_failed` with the collector's code, `too_many_queries`, `connection_lost`,
    ///   `refused`, `closed`), or `CancellationError`.
    public func run(
        _ request: Query.Request, timeout: Duration? = nil, maximumRows: UInt64 = 0, maximumBytes: UInt64 = 0
    ) async throws -> QueryAnswer {
        let milliseconds = timeout.map { UInt32(clamping: max(1, $0.wholeMilliseconds)) } ?? 0
        let query = Query(
            request, credit: 0, timeoutMs: milliseconds, maximumRows: maximumRows, maximumBytes: maximumBytes)
        let stream = QueryStream()
        let ticket = QueryTicket(self, id: try await ask(query, stream))
        let columns = try await stream.columns()
        return QueryAnswer(columns: columns, stream: stream, ticket: ticket)
    }

    /// All rows of an answer that is known to be small: at most 100,000 rows or 64 MiB, whatever the collector allows.
    ///
    /// - Throws: as ``run(_:timeout:maximumRows:maximumBytes:)``; `row_limit` or `byte_limit` if there are more.
    public func rows(of request: Query.Request, timeout: Duration? = nil) async throws -> [[Value]] {
        let answer = try await run(request, timeout: timeout, maximumRows: 100_000, maximumBytes: 64 << 20)
        var rows: [[Value]] = []
        for try await row in answer.rows { rows.append(row) }
        return rows
    }

    /// Returns when an event behind `position` was committed: the number of the last one. The report `events` says what they
    /// are. A watch counts as a query that runs.
    ///
    /// - Parameter position: 0 for before the first event. One beyond the last event of the database is waited for.
    /// - Throws: as ``run(_:timeout:maximumRows:maximumBytes:)``.
    public func watch(after position: UInt64) async throws -> UInt64 {
        let handler = handler
        let promise = channel.eventLoop.makePromise(of: UInt64.self)
        let id: UInt64
        do {
            id = try await channel.eventLoop.submit { try handler.value.watch(after: position, promise) }.get()
        } catch {
            promise.fail(error)
            throw error
        }
        return try await withTaskCancellationHandler {
            try await promise.futureResult.get()
        } onCancel: {
            cancel(id)
        }
    }

    /// Closes the connection; queries under way fail with `closed`.
    public func close() async {
        let handler = handler
        channel.eventLoop.execute { handler.value.close() }
        // Closed is what it should be: how it came to that does not matter.
        try? await channel.closeFuture.get()
    }

    private func ask(_ query: Query, _ stream: QueryStream) async throws -> UInt64 {
        let handler = handler
        return try await channel.eventLoop.submit { try handler.value.ask(query, stream) }.get()
    }

    func consumed(_ id: UInt64, bytes: Int) {
        let handler = handler
        channel.eventLoop.execute { handler.value.consumed(id, bytes: bytes) }
    }

    func cancel(_ id: UInt64) {
        let handler = handler
        channel.eventLoop.execute { handler.value.cancel(id) }
    }
}

/// Holds a query open: when nobody holds it any more, the query is cancelled, unless it has ended.
final class QueryTicket: Sendable {
    private let client: QueryClient
    private let id: UInt64

    init(_ client: QueryClient, id: UInt64) {
        self.client = client
        self.id = id
    }

    func consumed(bytes: Int) {
        client.consumed(id, bytes: bytes)
    }

    deinit {
        client.cancel(id)
    }
}
