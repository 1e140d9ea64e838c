internal import Logging
internal import NIOCore
internal import TracewireProtocol

// Frames on their way out.
extension ConnectionHandler {
    func write(_ type: FrameType, sequence: UInt64 = 0, _ message: some MessageBody) {
        write(type, sequence: sequence, body: message.encoded())
    }

    func write(_ type: FrameType, sequence: UInt64, body: [UInt8]) {
        write(frame: FrameEncoder.frame(type, sequence: sequence, body: body.span))
        if type == .pong || type == .summary { flush() }
    }

    func write(frame: [UInt8], promise: EventLoopPromise<Void>? = nil) {
        write(ByteBuffer(bytes: frame), promise: promise)
    }

    /// Everything that is sent goes this way, because it is counted.
    func write(_ buffer: ByteBuffer, promise: EventLoopPromise<Void>? = nil) {
        guard let context else {
            promise?.fail(ChannelError.alreadyClosed)
            return
        }
        bytesWritten += buffer.readableBytes
        context.write(wrapOutboundOut(buffer), promise: promise)
    }

    /// Bytes that the socket has not taken yet.
    var bytesPending: Int {
        // An option that every socket's channel has.
        (try? context?.channel.syncOptions?.getOption(.bufferedWritableBytes)) ?? 0
    }

    func flush() {
        context?.flush()
    }

    /// A peer that does not read what it is sent is not read from either.
    func channelWritabilityChanged(context: ChannelHandlerContext) {
        updateReading()
        context.fireChannelWritabilityChanged()
    }

    func updateReading() {
        guard let context else { return }
        let isReading = context.channel.isWritable && !isHeld
        watchdog?.isReading = isReading
        context.channel.setOption(ChannelOptions.autoRead, value: isReading).whenFailure { [logger] error in
            logger.debug("reading could not be switched", metadata: ["error": "\(error)"])
        }
    }
}
