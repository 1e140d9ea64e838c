internal import NIOCore
internal import TracewireProtocol

extension ByteBufferAllocator {
    /// A whole frame with `message` as its body.
    func frame(_ type: FrameType, sequence: UInt64 = 0, _ message: some MessageBody) -> ByteBuffer {
        frame(type, sequence: sequence, body: message.encoded())
    }

    /// A whole frame with `body`, which was compressed as `flags` says from `rawLength` bytes.
    func frame(
        _ type: FrameType, flags: FrameFlags = [], sequence: UInt64 = 0, body: [UInt8] = [], rawLength: Int? = nil
    ) -> ByteBuffer {
        let header = FrameHeader(type, flags: flags, sequence: sequence, body: body.span, rawLength: rawLength)
        var buffer = buffer(capacity: Limits.headerBytes + body.count)
        buffer.writeBytes(header.encoded())
        buffer.writeBytes(body)
        return buffer
    }
}
