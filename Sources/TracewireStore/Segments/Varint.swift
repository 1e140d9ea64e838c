/// Reads unsigned integers of seven bits a byte, the lowest first, as the wire format has them.
struct VarintReader {
    private let bytes: UnsafeRawBufferPointer
    /// Where the next integer begins.
    private(set) var position: Int

    /// The bytes have to stay where they are.
    init(_ bytes: UnsafeRawBufferPointer, at position: Int = 0) {
        self.bytes = bytes
        self.position = position
    }

    var isAtEnd: Bool { position == bytes.count }
    var remaining: Int { bytes.count - position }

    /// `nil` at the end, and for what is no integer of 63 bits.
    @inline(__always)
    mutating func next() -> UInt64? {
        guard position < bytes.count, bytes[position] < 0x80 else { return nextLong() }
        defer { position += 1 }
        return UInt64(bytes[position])
    }

    private mutating func nextLong() -> UInt64? {
        var value: UInt64 = 0
        var shift: UInt64 = 0
        while position < bytes.count {
            let byte = bytes[position]
            position += 1
            value |= UInt64(byte & 0x7f) &<< shift
            if byte < 0x80 { return value }
            shift += 7
            guard shift < 63 else { return nil }
        }
        return nil
    }

    /// `nil` at the end, and for what is no integer of 126 bits.
    mutating func nextWide() -> UInt128? {
        var value: UInt128 = 0
        var shift = 0
        while position < bytes.count {
            let byte = bytes[position]
            position += 1
            value |= UInt128(byte & 0x7f) << shift
            if byte < 0x80 { return value }
            shift += 7
            guard shift < 126 else { return nil }
        }
        return nil
    }
}

extension [UInt8] {
    mutating func append(varint value: UInt64) {
        var rest = value
        while rest >= 0x80 {
            append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        append(UInt8(rest))
    }

    mutating func append(wideVarint value: UInt128) {
        var rest = value
        while rest > UInt128(UInt64.max) {
            append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        append(varint: UInt64(rest))
    }
}
