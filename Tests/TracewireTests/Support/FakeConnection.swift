import NIOCore
import TracewireProtocol
import TracewireZstd

/// One connection as a test sees it from the collector's side.
final class FakeConnection: Sendable {
    private let channel: any Channel
    private let frames: AsyncStream<ReceivedFrame>

    init(_ channel: any Channel, _ frames: AsyncStream<ReceivedFrame>) {
        self.channel = channel
        self.frames = frames
    }

    /// The next frame; PINGs are passed over.
    func frame() async throws -> ReceivedFrame {
        for await frame in frames where frame.header.type != .ping { return frame }
        throw FakeCollectorError.closed
    }

    /// The next frame's body, which must be of that type.
    func receive<Body: MessageBody>(_ type: FrameType, as _: Body.Type) async throws -> (id: UInt64, body: Body) {
        let frame = try await frame()
        guard frame.header.type == type else { throw FakeCollectorError.unexpected(frame.header.type) }
        return (frame.header.sequence, try Body(decoding: frame.body.span))
    }

    /// Waits for HELLO and answers WELCOME.
    @discardableResult
    func welcome(
        committed: UInt64 = 0, credit: UInt64 = 1 << 30, limits: SessionLimits = SessionLimits(),
        features: Features = .supported
    ) async throws -> Hello {
        let hello = try await receive(.hello, as: Hello.self).body
        var welcome = Welcome(
            features: hello.offeredFeatures.intersection(features), credit: credit, lastCommittedSequence: committed,
            streamWindowLog: features.contains(.zstdStream) ? hello.streamWindowLog : 0, collectorName: "fake")
        welcome.limits = limits
        try await send(.welcome, welcome)
        return hello
    }

    /// The next batch, all its frames together.
    func batch() async throws -> IncomingBatch {
        var bytes: [UInt8] = []
        while true {
            let frame = try await frame()
            guard frame.header.type == .batch else { throw FakeCollectorError.unexpected(frame.header.type) }
            bytes += frame.body
            guard !frame.header.flags.contains(.more) else { continue }
            return try IncomingBatch(producer: .zero, epoch: 0, sequence: frame.header.sequence, bytes: bytes)
        }
    }

    func acknowledge(_ sequence: UInt64, _ verdicts: [Verdict] = [], credit: UInt64 = 1 << 30) async throws {
        try await send(.ack, Ack(verdicts: verdicts, credit: credit), sequence: sequence)
    }

    func send(
        _ type: FrameType, _ body: some MessageBody, sequence: UInt64 = 0, flags: FrameFlags = []
    ) async throws {
        try await send(type, body.encoded(), sequence: sequence, flags: flags)
    }

    func send(_ type: FrameType, _ body: [UInt8], sequence: UInt64 = 0, flags: FrameFlags = []) async throws {
        try await send(FrameHeader(type, flags: flags, sequence: sequence, body: body.span).encoded() + body)
    }

    /// The body as a zstd frame, whatever was agreed.
    func sendCompressed(_ type: FrameType, _ body: some MessageBody, sequence: UInt64) async throws {
        var compressor = try ZstdCompressor()
        let raw = body.encoded()
        let wire = try compressor.compressFrame(raw.span)
        try await send(
            FrameEncoder.frame(
                type, flags: FrameFlags(.frame, []), sequence: sequence, body: wire.span, rawLength: raw.count))
    }

    /// Bytes as they are.
    func send(_ bytes: [UInt8]) async throws {
        try await channel.writeAndFlush(ByteBuffer(bytes: bytes))
    }

    func close() async throws {
        try await channel.close()
    }

    /// Returns when the client has closed the connection; what it still sent is dropped.
    func closed() async {
        for await _ in frames {}
    }
}

/// Cuts and inflates what the client sends.
final class FakeHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let received: AsyncStream<ReceivedFrame>.Continuation
    private var buffer = ByteBuffer()
    private var decoder = FrameDecoder(bodyLimit: Limits.frameRawBytes)
    private var inflater: ZstdDecompressor?
    private let pause: TimeAmount?

    /// - Parameter pause: between two reads, and PINGs are answered; `nil` to read what comes. With a pause the channel
    ///   must not read by itself.
    init(_ received: AsyncStream<ReceivedFrame>.Continuation, pause: TimeAmount?) {
        self.received = received
        self.pause = pause
    }

    func channelActive(context: ChannelHandlerContext) {
        if pause != nil { context.read() }
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        guard let pause else { return }
        let context = NIOLoopBound(context, eventLoop: context.eventLoop)
        context.value.eventLoop.scheduleTask(in: pause) { context.value.read() }
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var bytes = unwrapInboundIn(data)
        buffer.writeBuffer(&bytes)
        do {
            while let frame = try next() {
                if pause != nil, frame.header.type == .ping {
                    context.writeAndFlush(NIOAny(ByteBuffer(bytes: FrameEncoder.frame(.pong))), promise: nil)
                }
                received.yield(frame)
            }
        } catch {
            context.close(promise: nil)
        }
    }

    private func next() throws -> ReceivedFrame? {
        let received = buffer
        guard let header = try decoder.next(received.readableBytesUInt8Span) else { return nil }
        buffer.moveReaderIndex(forwardBy: Limits.headerBytes)
        let wire = buffer.readBytes(length: Int(header.wireLength)) ?? []
        return ReceivedFrame(header: header, body: try inflate(header, wire))
    }

    private func inflate(_ header: FrameHeader, _ wire: [UInt8]) throws -> [UInt8] {
        if inflater == nil { inflater = try ZstdDecompressor(windowLog: 23) }
        return switch header.flags.compression {
        case .frame: try inflater?.inflateFrame(wire.span, rawLength: Int(header.rawLength)) ?? []
        case .stream: try inflater?.inflateStream(wire.span, rawLength: Int(header.rawLength)) ?? []
        default: wire
        }
    }

    func channelInactive(context: ChannelHandlerContext) {
        received.finish()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        context.close(promise: nil)
    }
}
