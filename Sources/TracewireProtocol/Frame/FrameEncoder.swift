/// Makes whole frames, header and body.
package enum FrameEncoder {
    /// A frame with `body`, which was compressed as `flags` says from `rawLength` bytes (`nil`: not compressed).
    package static func frame(
        _ type: FrameType, flags: FrameFlags = [], sequence: UInt64 = 0, body: Span<UInt8>, rawLength: Int? = nil
    ) -> [UInt8] {
        let header = FrameHeader(type, flags: flags, sequence: sequence, body: body, rawLength: rawLength)
        var bytes: [UInt8] = []
        bytes.reserveCapacity(Limits.headerBytes + body.count)
        bytes.append(contentsOf: header.encoded())
        unsafe body.withUnsafeBufferPointer { unsafe bytes.append(contentsOf: $0) }
        return bytes
    }

    /// A frame with `message` as its body.
    package static func frame(_ type: FrameType, sequence: UInt64 = 0, _ message: some MessageBody) -> [UInt8] {
        frame(type, sequence: sequence, body: message.encoded().span)
    }

    /// A frame without a body.
    package static func frame(_ type: FrameType, sequence: UInt64 = 0) -> [UInt8] {
        frame(type, sequence: sequence, body: [UInt8]().span)
    }
}
