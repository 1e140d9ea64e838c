/// Cuts frames out of a stream of bytes. A header is checked as soon as it is there: its body is only waited for once
/// its length is known to be allowed.
public struct FrameDecoder: Sendable {
    /// Largest body as sent, and inflated, that is accepted: small until the session is open.
    public var bodyLimit: Int
    private var header: FrameHeader?

    public init(bodyLimit: Int = Limits.helloBytes) {
        self.bodyLimit = bodyLimit
    }

    /// Whether a frame has begun that is not whole yet.
    public var isInsideFrame: Bool { header != nil }

    /// The first frame of `bytes`, or `nil` if more bytes are needed. Its body is the bytes from
    /// ``Limits/headerBytes`` for `wireLength`; the caller removes header and body from the stream before it asks again.
    ///
    /// - Throws: what ``FrameHeader/decode(_:)`` throws, `frame_too_large`, `malformed_body` for a body where there
    ///   must be none or none where there must be one, `checksum_mismatch`.
    public mutating func next(_ bytes: Span<UInt8>) throws(ProtocolViolation) -> FrameHeader? {
        guard let header = try currentHeader(bytes) else { return nil }
        let end = Limits.headerBytes + Int(header.wireLength)
        guard bytes.count >= end else { return nil }
        self.header = nil
        guard CRC32.checksum(bytes.extracting(Limits.headerBytes..<end)) == header.bodyChecksum else {
            throw ProtocolViolation(
                .checksumMismatch, "the checksum of a body of \(header.wireLength) bytes does not match")
        }
        return header
    }

    /// Bytes that the frame under way needs in all, so that a receiver can reserve them.
    public var bytesNeeded: Int {
        Limits.headerBytes + Int(header?.wireLength ?? 0)
    }

    private mutating func currentHeader(_ bytes: Span<UInt8>) throws(ProtocolViolation) -> FrameHeader? {
        if let header { return header }
        guard bytes.count >= Limits.headerBytes else {
            try checkStart(bytes)
            return nil
        }
        let decoded = try FrameHeader.decode(bytes)
        try checkLengths(decoded)
        header = decoded
        return decoded
    }

    /// A stranger may send less than a header and wait: its first bytes tell already.
    private func checkStart(_ bytes: Span<UInt8>) throws(ProtocolViolation) {
        for index in 0..<min(bytes.count, FrameHeader.magic.count) where bytes[index] != FrameHeader.magic[index] {
            throw ProtocolViolation(.notTracewire, "a frame does not start with the bytes TWIR")
        }
    }

    private func checkLengths(_ header: FrameHeader) throws(ProtocolViolation) {
        guard header.wireLength <= bodyLimit, header.rawLength <= bodyLimit else {
            throw ProtocolViolation(
                .frameTooLarge,
                "a body of \(header.wireLength) bytes (\(header.rawLength) inflated) is over the limit of \(bodyLimit)")
        }
        if header.flags.compression == Compression.none, header.wireLength != header.rawLength {
            throw ProtocolViolation(.invalidHeader, "a body that is not compressed has two lengths")
        }
        if header.type.isKnown, header.flags.contains(.more), header.type != .batch, header.type != .rows {
            throw ProtocolViolation(.invalidHeader, "a frame of type \(header.type.rawValue) does not go on in another")
        }
        if header.type.isKnown,
            !header.type.allowsBody(of: header.wireLength) || !header.type.allowsBody(of: header.rawLength)
        {
            throw ProtocolViolation(
                .malformedBody, "a frame of type \(header.type.rawValue) has a body of \(header.wireLength) bytes")
        }
    }
}
