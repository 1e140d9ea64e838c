internal import TracewireProtocol

/// The 8 bytes that name a span in its trace, made of the UUID of what the span shows. The same UUID gives the same span
/// in every export.
///
/// They are a hash of the whole UUID: version 7 UUIDs of one moment begin alike, and others may end alike. Rows of
/// different tables may have the same UUID, so the table is part of it.
struct SpanIdentifier: Equatable {
    enum Kind: String {
        case workflow
        case node
        case generation
    }

    let value: UInt64

    /// FNV-1a with 64 bits over the kind's name and the UUID's 16 bytes. OpenTelemetry has no span 0: that becomes 1.
    init(_ kind: Kind, _ uuid: Identifier) {
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        for byte in kind.rawValue.utf8 { hash = Self.added(byte, to: hash) }
        uuid.withBytes { bytes in
            for index in 0..<bytes.count { hash = Self.added(bytes[index], to: hash) }
        }
        value = hash == 0 ? 1 : hash
    }

    private static func added(_ byte: UInt8, to hash: UInt64) -> UInt64 {
        (hash ^ UInt64(byte)) &* 0x100_0000_01b3
    }

    /// Sixteen lower-case hexadecimal digits.
    var text: String {
        let digits = String(value, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }
}
