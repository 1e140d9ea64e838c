/// What to do with a frame whose header is in order.
public enum FrameAdmission: Equatable, Sendable {
    /// Wait for the body.
    case accept
    /// Pass over the frame: it is optional and unknown, or of no use any more.
    case skip
}

extension FrameAdmission {
    /// What a frame of a type that is not known gets.
    ///
    /// - Throws: `unknown_frame_type` where it is not optional.
    static func unknown(_ type: FrameType, _ flags: FrameFlags) throws(ProtocolViolation) -> FrameAdmission {
        guard flags.contains(.optional) else {
            throw ProtocolViolation(
                .unknownFrameType, "frame type \(type.rawValue) is unknown and not marked optional")
        }
        return .skip
    }
}

/// Cuts frames out of a stream of bytes. A header is checked as soon as it is there: its body is only waited for once
/// its length and the session are known to allow it.
public struct FrameDecoder: Sendable {
    public enum Step: Equatable, Sendable {
        /// More bytes are needed.
        case incomplete
        /// A whole frame. Its body is the bytes from ``Limits/headerBytes`` for `wireLength`.
        case frame(FrameHeader)
        /// So many bytes are of a frame that is passed over.
        case skipped(Int)
    }

    private enum State {
        case betweenFrames
        case insideFrame(FrameHeader)
        /// So many bytes of a frame that is passed over are still to come.
        case skipping(Int)
    }

    /// Largest body as sent, and inflated, that is accepted: small until the session is open.
    public var bodyLimit: Int
    private var state = State.betweenFrames

    public init(bodyLimit: Int = Limits.helloBytes) {
        self.bodyLimit = bodyLimit
    }

    /// Whether a frame has begun that is not whole yet.
    public var isInsideFrame: Bool {
        if case .betweenFrames = state { false } else { true }
    }

    /// What `bytes` begin with. The caller removes a frame, or what is passed over, from the stream before it asks again.
    ///
    /// - Parameter admit: asked once for each frame, when its header has come and keeps the rules that can be seen in it.
    /// - Throws: what ``FrameHeader/decode(_:)`` throws, `frame_too_large`, `malformed_body` for a body where there
    ///   must be none or none where there must be one, what `admit` throws, `checksum_mismatch`.
    public mutating func next(
        _ bytes: Span<UInt8>, admit: (FrameHeader) throws(ProtocolViolation) -> FrameAdmission
    ) throws(ProtocolViolation) -> Step {
        if case .betweenFrames = state { try begin(bytes, admit) }
        switch state {
        case .betweenFrames: return .incomplete
        case .insideFrame(let header): return try finish(header, bytes)
        case .skipping(let rest):
            let count = min(rest, bytes.count)
            state = count < rest ? .skipping(rest - count) : .betweenFrames
            return count > 0 ? .skipped(count) : .incomplete
        }
    }

    /// The first frame of `bytes`, whatever it is; `nil` if more bytes are needed.
    public mutating func next(_ bytes: Span<UInt8>) throws(ProtocolViolation) -> FrameHeader? {
        guard case .frame(let header) = try next(bytes, admit: { _ in .accept }) else { return nil }
        return header
    }

    private mutating func begin(
        _ bytes: Span<UInt8>, _ admit: (FrameHeader) throws(ProtocolViolation) -> FrameAdmission
    ) throws(ProtocolViolation) {
        guard bytes.count >= Limits.headerBytes else { return try checkStart(bytes) }
        let header = try FrameHeader.decode(bytes)
        try checkLengths(header)
        switch try admit(header) {
        case .accept: state = .insideFrame(header)
        case .skip: state = .skipping(Limits.headerBytes + Int(header.wireLength))
        }
    }

    private mutating func finish(_ header: FrameHeader, _ bytes: Span<UInt8>) throws(ProtocolViolation) -> Step {
        let end = Limits.headerBytes + Int(header.wireLength)
        guard bytes.count >= end else { return .incomplete }
        state = .betweenFrames
        guard CRC32.checksum(bytes.extracting(Limits.headerBytes..<end)) == header.bodyChecksum else {
            throw ProtocolViolation(
                .checksumMismatch, "the checksum of a body of \(header.wireLength) bytes does not match")
        }
        return .frame(header)
    }

    /// A stranger may send less than a header and wait: its first four bytes tell already. Fewer would say that it is a
    /// stranger, too, but not in which language to answer it.
    private func checkStart(_ bytes: Span<UInt8>) throws(ProtocolViolation) {
        if bytes.count >= FrameHeader.magic.count { try FrameHeader.checkMagic(bytes) }
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
        // Credit counts raw bytes, and has to bound what is sent.
        let mostWire = header.rawLength + header.rawLength / 128 + 1024
        guard header.wireLength <= mostWire else {
            throw ProtocolViolation(
                .invalidHeader, "a compressed body has \(header.wireLength) bytes for \(header.rawLength) raw ones")
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
