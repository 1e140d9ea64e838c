/// The 32 bytes before every body, little-endian:
///
/// | offset | bytes | field |
/// | --- | --- | --- |
/// | 0 | 4 | magic, `TWIR` |
/// | 4 | 1 | version, 1 |
/// | 5 | 1 | type |
/// | 6 | 1 | flags |
/// | 7 | 1 | reserved, 0 |
/// | 8 | 4 | length of the body as sent |
/// | 12 | 4 | length of the body inflated |
/// | 16 | 8 | sequence, or request id |
/// | 24 | 4 | CRC-32 of the body as sent |
/// | 28 | 4 | CRC-32 of the 28 bytes before |
public struct FrameHeader: Equatable, Sendable {
    /// The version of the layout, and the protocol's only one so far.
    public static let version: UInt8 = 1
    static let magic: [UInt8] = [0x54, 0x57, 0x49, 0x52]

    public var type: FrameType
    public var flags: FrameFlags
    /// Bytes of the body as sent.
    public var wireLength: UInt32
    /// Bytes of the body after inflating.
    public var rawLength: UInt32
    /// A batch's sequence or a query's id; 0 where neither applies.
    public var sequence: UInt64
    public var bodyChecksum: UInt32

    public init(
        type: FrameType, flags: FrameFlags = [], wireLength: UInt32, rawLength: UInt32, sequence: UInt64,
        bodyChecksum: UInt32
    ) {
        self.type = type
        self.flags = flags
        self.wireLength = wireLength
        self.rawLength = rawLength
        self.sequence = sequence
        self.bodyChecksum = bodyChecksum
    }

    /// The header of `body`, which was compressed as `flags` says from `rawLength` bytes (`nil`: not compressed).
    public init(
        _ type: FrameType, flags: FrameFlags = [], sequence: UInt64 = 0, body: Span<UInt8>, rawLength: Int? = nil
    ) {
        self.init(
            type: type, flags: flags, wireLength: UInt32(body.count), rawLength: UInt32(rawLength ?? body.count),
            sequence: sequence, bodyChecksum: CRC32.checksum(body))
    }

    /// The 32 bytes.
    public func encoded() -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(Limits.headerBytes)
        bytes.append(contentsOf: Self.magic)
        bytes.append(contentsOf: [Self.version, type.rawValue, flags.rawValue, 0])
        Self.append(UInt64(wireLength) | UInt64(rawLength) << 32, to: &bytes)
        Self.append(sequence, to: &bytes)
        Self.append(bodyChecksum, to: &bytes)
        Self.append(CRC32.checksum(bytes.span), to: &bytes)
        return bytes
    }

    private static func append<Integer: FixedWidthInteger>(_ value: Integer, to bytes: inout [UInt8]) {
        for shift in stride(from: 0, to: Integer.bitWidth, by: 8) {
            bytes.append(UInt8(truncatingIfNeeded: value >> Integer(shift)))
        }
    }

    /// Reads the header that `bytes` start with; there must be at least ``Limits/headerBytes`` of them.
    ///
    /// The order of the checks is part of the protocol: magic, version, checksum, reserved and flags.
    /// The lengths can be trusted afterwards, and are the ``FrameDecoder``'s to check.
    ///
    /// - Throws: `not_tracewire`, `unsupported_version`, `checksum_mismatch` or `invalid_header`.
    public static func decode(_ bytes: Span<UInt8>) throws(ProtocolViolation) -> FrameHeader {
        try checkMagic(bytes)
        guard bytes[4] == version else {
            throw ProtocolViolation(
                .unsupportedVersion, "the frame is of version \(bytes[4]); this side speaks version \(version)")
        }
        guard CRC32.checksum(bytes.extracting(0..<28)) == integer(bytes, at: 28) else {
            throw ProtocolViolation(.checksumMismatch, "the header's checksum does not match")
        }
        let flags = FrameFlags(rawValue: bytes[6])
        guard bytes[7] == 0, flags.isSubset(of: .defined), flags.compression != nil else {
            throw ProtocolViolation(.invalidHeader, "the header's reserved byte or undefined flags are not 0")
        }
        return FrameHeader(
            type: FrameType(rawValue: bytes[5]), flags: flags, wireLength: integer(bytes, at: 8),
            rawLength: integer(bytes, at: 12), sequence: integer(bytes, at: 16), bodyChecksum: integer(bytes, at: 24))
    }

    /// - Parameter bytes: at least four.
    static func checkMagic(_ bytes: Span<UInt8>) throws(ProtocolViolation) {
        for index in magic.indices where bytes[index] != magic[index] {
            throw ProtocolViolation(.notTracewire, "a frame does not start with the bytes TWIR")
        }
    }

    private static func integer<Integer: FixedWidthInteger>(_ bytes: Span<UInt8>, at offset: Int) -> Integer {
        var value: Integer = 0
        for index in 0..<(Integer.bitWidth / 8) { value |= Integer(bytes[offset + index]) << Integer(index * 8) }
        return value
    }
}
