internal import NIOCore
internal import TracewireProtocol
internal import TracewireZstd

/// Cuts received bytes into frames and inflates their bodies. It holds less than a frame between two reads.
struct FrameReceiver: ~Copyable {
    private var buffer = ByteBuffer()
    private var decoder = FrameDecoder()
    private var inflater: ZstdDecompressor?
    private var features: Features = []

    /// The session is open: frames may be as large as the protocol allows, and compressed if that was agreed.
    mutating func opened(_ features: Features) {
        decoder.bodyLimit = Limits.frameRawBytes
        self.features = features
    }

    mutating func append(_ bytes: inout ByteBuffer) {
        if buffer.readableBytes == 0 {
            buffer = bytes
        } else {
            buffer.writeBuffer(&bytes)
        }
    }

    /// Calls `body` with the next frame's header and inflated body; `nil` if no whole frame is there.
    ///
    /// - Parameter admit: decides about a frame by its header, before its body has come.
    /// - Throws: what the decoder and `admit` throw, `missing_feature` for a compression that was not agreed,
    ///   `decompression_failed`, and `internal_failure` where there is no memory to inflate.
    mutating func next<Result>(
        admit: (FrameHeader) throws(ProtocolViolation) -> FrameAdmission,
        body: (FrameHeader, Span<UInt8>) -> Result
    ) throws(ProtocolViolation) -> Result? {
        guard let header = try nextHeader(admit) else { return nil }
        let end = Limits.headerBytes + Int(header.wireLength)
        let result: Result
        if header.flags.compression == TracewireProtocol.Compression.none {
            result = body(header, buffer.readableBytesUInt8Span.extracting(Limits.headerBytes..<end))
        } else {
            let raw = try inflate(header, end)
            result = body(header, raw.span)
        }
        buffer.moveReaderIndex(forwardBy: end)
        buffer.discardReadBytes()
        return result
    }

    // A span borrows all of `self`; a second reference to the buffer leaves the rest free to change.
    private mutating func nextHeader(
        _ admit: (FrameHeader) throws(ProtocolViolation) -> FrameAdmission
    ) throws(ProtocolViolation) -> FrameHeader? {
        let features = features
        while true {
            let received = buffer
            let step = try decoder.next(received.readableBytesUInt8Span) { (header) throws(ProtocolViolation) in
                guard try admit(header) == .accept else { return .skip }
                try Self.check(header.flags, features)
                return .accept
            }
            switch step {
            case .incomplete: return nil
            case .frame(let header): return header
            case .skipped(let count): buffer.moveReaderIndex(forwardBy: count)
            }
        }
    }

    private static func check(_ flags: FrameFlags, _ features: Features) throws(ProtocolViolation) {
        switch flags.compression {
        case .some(.none): return
        case .frame where features.contains(.zstdFrame): return
        default: throw ProtocolViolation(.missingFeature, "a body is compressed in a way that was not agreed")
        }
    }

    private mutating func inflate(_ header: FrameHeader, _ end: Int) throws(ProtocolViolation) -> [UInt8] {
        do throws(ZstdError) {
            if inflater == nil { inflater = try ZstdDecompressor() }
            let received = buffer
            let wire = received.readableBytesUInt8Span.extracting(Limits.headerBytes..<end)
            return try inflater?.inflateFrame(wire, rawLength: Int(header.rawLength)) ?? []
        } catch {
            throw error.violation
        }
    }
}
