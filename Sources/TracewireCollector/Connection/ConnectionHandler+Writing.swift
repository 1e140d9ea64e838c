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

    /// Everything that is sent goes this way, because it is counted. Nothing goes before it is flushed.
    ///
    /// - Parameter promise: for when the socket has taken the frame, or never will; one without is gathered with others:
    ///   many small writes would each weigh more than what they write.
    func write(frame: [UInt8], promise: EventLoopPromise<Void>? = nil) {
        guard let context else {
            promise?.fail(ChannelError.alreadyClosed)
            return
        }
        bytesWritten += frame.count
        guard let promise else {
            gathered.writeBytes(frame)
            return
        }
        writeGathered()
        context.write(wrapOutboundOut(ByteBuffer(bytes: frame)), promise: promise)
    }

    private func writeGathered() {
        guard let context, gathered.readableBytes > 0 else { return }
        let bytes = gathered.readableBytes
        gatheredPending += bytes
        let written = context.eventLoop.makePromise(of: Void.self)
        written.futureResult.assumeIsolated().whenComplete { [weak self] _ in self?.gatheredWritten(bytes) }
        context.write(wrapOutboundOut(gathered), promise: written)
        gathered = ByteBuffer()
    }

    private func gatheredWritten(_ bytes: Int) {
        let wasCrowded = isCrowded
        gatheredPending -= bytes
        guard wasCrowded, !isCrowded else { return }
        updateReading()
        takeFrames()
    }

    /// Whether so much is owed to the peer, answers to queries aside, that it must read before more is taken from it:
    /// what it may make the collector keep is bounded, however little each of its frames is.
    var isCrowded: Bool { gatheredPending + gathered.readableBytes > Self.mostGathered }

    private static var mostGathered: Int { 64 << 10 }

    /// Bytes that the socket has not taken yet.
    var bytesPending: Int {
        // An option that every socket's channel has.
        let pending = (try? context?.channel.syncOptions?.getOption(.bufferedWritableBytes)) ?? 0
        return pending + gathered.readableBytes
    }

    func flush() {
        isFlushDue = isTaking
        guard !isTaking else { return }
        writeGathered()
        context?.flush()
        updateReading()
    }

    /// A peer that does not read what it is sent is not read from either.
    func channelWritabilityChanged(context: ChannelHandlerContext) {
        updateReading()
        context.fireChannelWritabilityChanged()
    }

    func updateReading() {
        guard let context else { return }
        let isReading = context.channel.isWritable && !isHeld && throttling == nil && !isCrowded
        guard isReading != watchdog?.isReading else { return }
        watchdog?.isReading = isReading
        context.channel.setOption(ChannelOptions.autoRead, value: isReading).whenFailure { [logger] error in
            logger.debug("reading could not be switched", metadata: ["error": "\(error)"])
        }
    }
}
