internal import NIOCore
internal import TracewireProtocol

/// A frame as it goes out.
enum OutgoingFrame {
    static func message(_ type: FrameType, _ body: some MessageBody, sequence: UInt64 = 0) -> ByteBuffer {
        bytes(type, sequence: sequence, body: body.encoded().span)
    }

    static func empty(_ type: FrameType, sequence: UInt64 = 0) -> ByteBuffer {
        bytes(type, sequence: sequence, body: [UInt8]().span)
    }

    /// - Parameter rawLength: of the body before compression; `nil` if it is not compressed.
    static func bytes(
        _ type: FrameType, flags: FrameFlags = [], sequence: UInt64, body: Span<UInt8>, rawLength: Int? = nil
    ) -> ByteBuffer {
        let header = FrameHeader(type, flags: flags, sequence: sequence, body: body, rawLength: rawLength)
        var buffer = ByteBufferAllocator().buffer(capacity: Limits.headerBytes + body.count)
        buffer.writeBytes(header.encoded())
        body.withUnsafeBufferPointer { _ = buffer.writeBytes($0) }
        return buffer
    }
}
