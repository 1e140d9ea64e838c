import NIOCore
import NIOPosix
import TracewireProtocol

/// A collector whose every word a test decides, on a real loopback socket.
final class FakeCollector: Sendable {
    let port: Int
    private let server: any Channel
    private let accepted: AsyncStream<FakeConnection>
    private let connections: AsyncStream<FakeConnection>.Continuation

    private init(
        _ server: any Channel, _ port: Int, _ stream: AsyncStream<FakeConnection>,
        _ connections: AsyncStream<FakeConnection>.Continuation
    ) {
        self.server = server
        self.port = port
        accepted = stream
        self.connections = connections
    }

    /// - Parameters:
    ///   - port: 0 for a free one.
    ///   - pause: between two reads of 16 KiB, and PINGs are answered; `nil` to read what comes.
    static func start(port: Int = 0, readsEvery pause: Duration? = nil) async throws -> FakeCollector {
        let (stream, connections) = AsyncStream.makeStream(of: FakeConnection.self)
        let server = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            // Connections inherit it. A larger buffer would take much of a batch at once.
            .serverChannelOption(.socketOption(.so_rcvbuf), value: 64 << 10)
            .childChannelOption(.autoRead, value: pause == nil)
            .childChannelOption(.maxMessagesPerRead, value: 1)
            .childChannelOption(.recvAllocator, value: FixedSizeRecvByteBufferAllocator(capacity: 16 << 10))
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let (frames, received) = AsyncStream.makeStream(of: ReceivedFrame.self)
                    try channel.pipeline.syncOperations.addHandler(
                        FakeHandler(received, pause: pause.map { TimeAmount($0) }))
                    connections.yield(FakeConnection(channel, frames))
                }
            }
            .bind(host: "127.0.0.1", port: port).get()
        return FakeCollector(server, server.localAddress?.port ?? 0, stream, connections)
    }

    /// The next connection that a client opens.
    func connection() async throws -> FakeConnection {
        for await connection in accepted { return connection }
        throw FakeCollectorError.closed
    }

    /// Stops listening.
    func stop() async throws {
        try await server.close()
        connections.finish()
    }
}

enum FakeCollectorError: Error {
    /// No connection, or no frame, comes any more.
    case closed
    case unexpected(FrameType)
}

/// A frame as it came, and its body inflated.
struct ReceivedFrame: Sendable {
    let header: FrameHeader
    let body: [UInt8]
}
