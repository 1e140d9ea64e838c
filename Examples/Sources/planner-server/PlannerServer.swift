import Glibc
import Logging
import NIOCore
import NIOHTTP1
import NIOPosix
import ServiceLifecycle

/// Listens for HTTP, and answers one request on each connection, many at once.
struct PlannerServer: Service {
    typealias Connection = NIOAsyncChannel<HTTPServerRequestPart, HTTPServerResponsePart>

    /// Further connections wait until one has ended.
    static let connectionsAtOnce = 256
    static let requestTimeout = Duration.seconds(10)

    let host: String
    let port: Int
    let planning: PlanEndpoint

    /// Ends when what is under way is answered, after the program was asked to shut down.
    func run() async throws {
        let server = try await listen()
        print("planner-server listens on \(host):\(server.channel.localAddress?.port ?? port)")
        fflush(nil)
        try await withGracefulShutdownHandler {
            try await server.executeThenClose { connections in try await serve(connections) }
        } onGracefulShutdown: {
            server.channel.close(promise: nil)
        }
    }

    private func listen() async throws -> NIOAsyncChannel<Connection, Never> {
        try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .bind(host: host, port: port) { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.configureHTTPServerPipeline()
                    return try Connection(wrappingChannelSynchronously: channel)
                }
            }
    }

    private func serve(_ connections: NIOAsyncChannelInboundStream<Connection>) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            var open = 0
            for try await connection in connections {
                if open == Self.connectionsAtOnce { _ = try await group.next() } else { open += 1 }
                group.addTask { await answer(connection) }
            }
            try await group.waitForAll()
        }
    }

    /// Whoever closes the connection, or says nothing for too long, gets no answer: that ends nothing but this.
    private func answer(_ connection: Connection) async {
        try? await connection.executeThenClose { inbound, outbound in
            guard let request = try await request(inbound, connection.channel) else { return }
            let response = await planning.answer(request)
            try await outbound.write(contentsOf: response.parts)
        }
    }

    private func request(
        _ inbound: NIOAsyncChannelInboundStream<HTTPServerRequestPart>, _ channel: any Channel
    ) async throws -> Request? {
        let deadline = channel.eventLoop.scheduleTask(in: TimeAmount(Self.requestTimeout)) {
            channel.close(promise: nil)
        }
        defer { deadline.cancel() }
        return try await Request(inbound)
    }
}
