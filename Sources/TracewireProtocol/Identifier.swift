internal import Glibc

/// A UUID: what names a workflow, node, generation or producer on the wire. Clients make version 7 (RFC 9562, 5.7),
/// which sorts by time.
public struct Identifier: Hashable, Sendable {
    /// The first eight bytes, big-endian.
    public let high: UInt64
    /// The last eight bytes, big-endian.
    public let low: UInt64

    public init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    /// All bits zero: RFC 9562's nil UUID, which names nothing and stands for an absent identifier.
    public static let zero = Identifier(high: 0, low: 0)

    /// A version 7 identifier: 48 bits of `milliseconds` since 1970, then 74 random bits.
    public init<Generator: RandomNumberGenerator>(milliseconds: Int64, using generator: inout Generator) {
        let time = UInt64(clamping: milliseconds) & 0xffff_ffff_ffff
        high = time << 16 | 0x7000 | UInt64.random(in: 0...0xfff, using: &generator)
        low = 0x8000_0000_0000_0000 | UInt64.random(in: 0..<(1 << 62), using: &generator)
    }

    /// A version 7 identifier from the system's random numbers.
    public init(milliseconds: Int64) {
        var generator = OneCallGenerator()
        self.init(milliseconds: milliseconds, using: &generator)
    }

    /// The sixteen bytes in network order; `nil` unless there are sixteen.
    public init?(bytes: Span<UInt8>) {
        guard bytes.count == 16 else { return nil }
        var halves: (UInt64, UInt64) = (0, 0)
        for index in 0..<8 {
            halves.0 = halves.0 << 8 | UInt64(bytes[index])
            halves.1 = halves.1 << 8 | UInt64(bytes[index + 8])
        }
        self.init(high: halves.0, low: halves.1)
    }

    /// Calls `body` with the sixteen bytes in network order.
    public func withBytes<Result>(_ body: (Span<UInt8>) throws -> Result) rethrows -> Result {
        var bytes: [16 of UInt8] = .init(repeating: 0)
        for index in 0..<8 {
            bytes[index] = UInt8(truncatingIfNeeded: high >> UInt64(56 - index * 8))
            bytes[index + 8] = UInt8(truncatingIfNeeded: low >> UInt64(56 - index * 8))
        }
        return try body(bytes.span)
    }
}

extension Identifier: LosslessStringConvertible {
    /// The canonical lower-case form with hyphens.
    public var description: String {
        var text = ""
        text.reserveCapacity(36)
        for (index, shift) in stride(from: 60, through: 0, by: -4).enumerated() {
            if index == 8 || index == 12 { text.append("-") }
            text.append(Self.digit(high >> UInt64(shift)))
        }
        for (index, shift) in stride(from: 60, through: 0, by: -4).enumerated() {
            if index == 0 || index == 4 { text.append("-") }
            text.append(Self.digit(low >> UInt64(shift)))
        }
        return text
    }

    /// Reads the canonical form, in either case; `nil` for anything else.
    public init?(_ text: String) {
        var halves: (UInt64, UInt64) = (0, 0)
        var position = 0
        for byte in text.utf8 {
            defer { position += 1 }
            if position == 8 || position == 13 || position == 18 || position == 23 {
                guard byte == UInt8(ascii: "-") else { return nil }
                continue
            }
            guard position < 36, let nibble = Self.nibble(byte) else { return nil }
            if position < 18 {
                halves.0 = halves.0 << 4 | nibble
            } else {
                halves.1 = halves.1 << 4 | nibble
            }
        }
        guard position == 36 else { return nil }
        (high, low) = halves
    }

    private static func digit(_ value: UInt64) -> Character {
        let nibble = UInt8(value & 0xf)
        return Character(UnicodeScalar(nibble < 10 ? nibble + 48 : nibble + 87))
    }

    private static func nibble(_ byte: UInt8) -> UInt64? {
        switch byte {
        case 48...57: UInt64(byte - 48)
        case 97...102: UInt64(byte - 87)
        case 65...70: UInt64(byte - 55)
        default: nil
        }
    }
}

/// The system's random numbers, of which an identifier needs two, with one call: each call is most of what an identifier
/// costs.
private struct OneCallGenerator: RandomNumberGenerator {
    private var numbers: [2 of UInt64] = [0, 0]
    private var rest = 0

    init() {
        var bytes: [2 of UInt64] = [0, 0]
        let size = 2 * MemoryLayout<UInt64>.size
        let result = unsafe withUnsafeMutableBytes(of: &bytes) { bytes in
            guard let start = bytes.baseAddress else { return Int32(-1) }
            return unsafe getentropy(start, size)
        }
        // It fails where a kernel does not have it: getentropy(3).
        if result == 0 { (numbers, rest) = (bytes, 2) }
    }

    mutating func next() -> UInt64 {
        guard rest > 0 else {
            var generator = SystemRandomNumberGenerator()
            return generator.next()
        }
        rest -= 1
        return numbers[rest]
    }
}
