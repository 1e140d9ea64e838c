import NIOCore
import NIOEmbedded

/// One side's end of a connection: between a channel of NIO, whose handlers are the product's, and the pipes.
final class Socket {
    /// What waits in front of the socket before it says that it is not writable.
    private static let highWater = 16 << 10

    let channel: EmbeddedChannel
    let loop: EmbeddedEventLoop
    private(set) weak var peer: Socket?
    private unowned let world: World
    private var outgoing: Pipe?
    private(set) var incoming: Pipe?
    private var waiting = 0
    private var wantsFlush = false
    private var isPushing = false
    private let standsStill: () -> Bool
    /// The other side is not told that this one is closed.
    private var isForsaken = false
    /// The process that owns it is gone: what its handlers say now was never said.
    var isAbandoned = false
    private(set) var isClosed = false
    /// Sees what is sent, before it is on its way.
    var tap: ((_ bytes: [UInt8]) -> Void)?

    /// - Parameter standsStill: whether the process that owns it does nothing now.
    init(_ world: World, loop: EmbeddedEventLoop, standsStill: @escaping () -> Bool) {
        (self.world, self.loop, self.standsStill) = (world, loop, standsStill)
        channel = EmbeddedChannel(loop: loop)
    }

    func connect(to peer: Socket) {
        self.peer = peer
        let pipe = Pipe(world, to: peer)
        (outgoing, peer.incoming) = (pipe, pipe)
    }

    /// Lets the channel's handlers see that the connection is there.
    func activate() throws {
        try channel.pipeline.syncOperations.addHandler(SocketHandler(self), position: .first)
        let address = try SocketAddress(ipAddress: "127.0.0.1", port: 4747)
        (channel.localAddress, channel.remoteAddress) = (address, address)
        channel.connect(to: address, promise: nil)
    }

    /// The handlers may ask that nothing more is read.
    var isReading: Bool {
        if standsStill() { return false }
        for case (let option as ChannelOptions.Types.AutoReadOption, let value as Bool) in channel.options {
            _ = option
            return value
        }
        return true
    }

    // MARK: From the handlers

    fileprivate func wrote(_ bytes: Int) {
        waiting += bytes
        setWritable(waiting <= Self.highWater)
    }

    fileprivate func flush() {
        wantsFlush = true
        push()
    }

    /// Moves what waits into the pipe, if it has room.
    func push() {
        guard wantsFlush, !isPushing, !isClosed, !standsStill(), outgoing?.hasRoom == true else { return }
        isPushing = true
        wantsFlush = false
        handler?.passFlush()
        takeWritten()
        isPushing = false
        setWritable(waiting <= Self.highWater)
        if wantsFlush { push() }
    }

    private weak var handler: SocketHandler?

    fileprivate func added(_ handler: SocketHandler) {
        self.handler = handler
    }

    private func takeWritten() {
        while let buffer = try? channel.readOutbound(as: ByteBuffer.self) {
            let bytes = [UInt8](buffer.readableBytesView)
            waiting -= bytes.count
            guard !isAbandoned else { continue }
            tap?(bytes)
            outgoing?.send(bytes)
        }
    }

    private func setWritable(_ isWritable: Bool) {
        guard channel.isWritable != isWritable, !isClosed else { return }
        channel.isWritable = isWritable
        channel.pipeline.syncOperations.fireChannelWritabilityChanged()
    }

    fileprivate func closed() {
        guard !isClosed else { return }
        takeWritten()
        isClosed = true
        if !isAbandoned, !isForsaken { outgoing?.end() }
        incoming?.die()
    }

    // MARK: From the network

    func received(_ bytes: [UInt8]) {
        guard !isClosed else { return }
        if world.random.chance(700) { loop.advanceTime(to: world.schedule.now.deadline) }
        guard !isClosed else { return }
        channel.pipeline.syncOperations.fireChannelRead(NIOAny(ByteBuffer(bytes: bytes)))
        channel.pipeline.syncOperations.fireChannelReadComplete()
    }

    func ended() {
        close()
    }

    /// The connection is lost on this side.
    func close() {
        guard !isClosed else { return }
        channel.close(promise: nil)
    }

    /// The connection is lost on this side, and the other is not told. What is under way to it arrives after so long.
    func forsake(holding time: VirtualTime) {
        isForsaken = true
        outgoing?.hold(time)
        close()
    }

    /// Nothing that this side sends arrives from now on.
    func loseOutgoing() {
        outgoing?.die()
        push()
    }

    /// The process is gone; its handlers are let go of, and nobody hears what they say.
    func abandon() {
        isAbandoned = true
        close()
    }

    /// The kernel closes what a process that is gone had open.
    func endForPeer() {
        outgoing?.end()
    }
}

/// The outermost handler of a channel.
private final class SocketHandler: ChannelDuplexHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let socket: Socket
    private var context: ChannelHandlerContext?

    init(_ socket: Socket) {
        self.socket = socket
    }

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        socket.added(self)
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        self.context = nil
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        let bytes = unwrapOutboundIn(data).readableBytes
        context.write(data, promise: promise)
        socket.wrote(bytes)
    }

    func flush(context: ChannelHandlerContext) {
        socket.flush()
    }

    func passFlush() {
        context?.flush()
    }

    func channelInactive(context: ChannelHandlerContext) {
        socket.closed()
        context.fireChannelInactive()
    }
}
