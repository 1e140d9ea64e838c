internal import Logging
internal import NIOCore
internal import TracewireProtocol

// Frames on their way out.
extension ConnectionHandler {
    func write(_ type: FrameType, sequence: UInt64 = 0, _ message: some MessageBody) {
        write(type, sequence: sequence, body: message.encoded())
    }

    func write(_ type: FrameType, sequence: UInt64, body: [UInt8]) {
        context?.write(wrapOutboundOut(ByteBufferAllocator().frame(type, sequence: sequence, body: body)), promise: nil)
        if type == .pong || type == .summary { flush() }
    }

    func writeAndFlush(_ buffer: ByteBuffer) {
        context?.writeAndFlush(wrapOutboundOut(buffer), promise: nil)
    }

    func flush() {
        context?.flush()
    }

    /// A peer that does not read what it is sent is not read from either.
    func channelWritabilityChanged(context: ChannelHandlerContext) {
        let isWritable = context.channel.isWritable
        watchdog?.isBlocked = !isWritable
        context.channel.setOption(ChannelOptions.autoRead, value: isWritable).whenFailure { [logger] error in
            logger.debug("reading could not be switched", metadata: ["error": "\(error)"])
        }
        context.fireChannelWritabilityChanged()
    }
}
