import NIOCore
import NIOPosix
import Synchronization

/// Stands between a client and a collector, and cuts each connection after so many bytes, counted in both directions
/// together: in the middle of frames, batches and acknowledgements.
final class CuttingProxy: Sendable {
    let port: Int
    private let server: any Channel

    private init(_ server: any Channel) {
        self.server = server
        port = server.localAddress?.port ?? 0
    }

    /// - Parameter budgets: bytes for the first connection, the second, and so on; those after them are not cut.
    static func start(target: Int, budgets: [Int]) async throws -> CuttingProxy {
        let rest = Mutex(budgets.reversed() as [Int])
        let nextBudget: @Sendable () -> Int = { rest.withLock { $0.popLast() ?? .max } }
        let server = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelOption(.autoRead, value: false)
            .childChannelInitializer { client in
                ClientBootstrap(group: client.eventLoop).channelOption(.autoRead, value: false)
                    .connect(host: "127.0.0.1", port: target)
                    .flatMapThrowing { collector in
                        let budget = Budget(nextBudget())
                        try client.pipeline.syncOperations.addHandler(Forwarder(to: collector, budget))
                        try collector.pipeline.syncOperations.addHandler(Forwarder(to: client, budget))
                        try client.syncOptions?.setOption(.autoRead, value: true)
                        try collector.syncOptions?.setOption(.autoRead, value: true)
                        // Before it is active, a channel does not begin to read by itself.
                        collector.read()
                    }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        return CuttingProxy(server)
    }

    func stop() async throws {
        try await server.close()
    }
}

/// Bytes that a connection may still pass; used on one event loop.
private final class Budget {
    private var left: Int

    init(_ bytes: Int) {
        left = bytes
    }

    /// As many bytes as may pass, and whether that was all there were.
    func take(_ bytes: inout ByteBuffer) -> (passing: ByteBuffer, isSpent: Bool) {
        let count = min(left, bytes.readableBytes)
        left -= count
        return (bytes.readSlice(length: count) ?? ByteBuffer(), left == 0)
    }
}

private final class Forwarder: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let other: any Channel
    private let budget: Budget

    init(to other: any Channel, _ budget: Budget) {
        self.other = other
        self.budget = budget
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var bytes = unwrapInboundIn(data)
        let (passing, isSpent) = budget.take(&bytes)
        let other = other
        let written = other.writeAndFlush(passing)
        guard isSpent else { return }
        let mine = context.channel
        written.whenComplete { _ in
            other.close(promise: nil)
            mine.close(promise: nil)
        }
    }

    func channelInactive(context: ChannelHandlerContext) {
        other.close(promise: nil)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        context.close(promise: nil)
    }
}
