/// CRC-32 with zlib's polynomial (reflected 0xEDB88320), as every language's standard library has it.
///
/// Eight bytes a step ("slicing by 8": Kounavis and Berry, 2005): a byte a step would cost more than inflating.
public enum CRC32 {
    private static let tables: [[256 of UInt32]] = {
        var first: [256 of UInt32] = .init(repeating: 0)
        for index in 0..<256 {
            var value = UInt32(index)
            for _ in 0..<8 { value = value & 1 == 1 ? 0xedb8_8320 ^ (value >> 1) : value >> 1 }
            first[index] = value
        }
        var tables = [first]
        for _ in 1..<8 {
            var next: [256 of UInt32] = .init(repeating: 0)
            let last = tables[tables.count - 1]
            for index in 0..<256 { next[index] = first[Int(last[index] & 0xff)] ^ (last[index] >> 8) }
            tables.append(next)
        }
        return tables
    }()

    /// The checksum of `bytes`; of nothing it is 0. `initial` continues an earlier checksum, as zlib's `crc32` does.
    public static func checksum(_ span: Span<UInt8>, initial: UInt32 = 0) -> UInt32 {
        let bytes = unsafe span.bytes
        var crc = ~initial
        let tables = Self.tables
        let count = bytes.byteCount
        var offset = 0
        while count - offset >= 8 {
            let low =
                unsafe UInt32(littleEndian: bytes.unsafeLoadUnaligned(fromByteOffset: offset, as: UInt32.self)) ^ crc
            let high = unsafe UInt32(
                littleEndian: bytes.unsafeLoadUnaligned(fromByteOffset: offset + 4, as: UInt32.self))
            crc = tables[7][Int(low & 0xff)] ^ tables[6][Int(low >> 8 & 0xff)]
            crc ^= tables[5][Int(low >> 16 & 0xff)] ^ tables[4][Int(low >> 24)]
            crc ^= tables[3][Int(high & 0xff)] ^ tables[2][Int(high >> 8 & 0xff)]
            crc ^= tables[1][Int(high >> 16 & 0xff)] ^ tables[0][Int(high >> 24)]
            offset += 8
        }
        while offset < count {
            let byte = unsafe bytes.unsafeLoad(fromByteOffset: offset, as: UInt8.self)
            crc = tables[0][Int((crc ^ UInt32(byte)) & 0xff)] ^ (crc >> 8)
            offset += 1
        }
        return ~crc
    }
}
