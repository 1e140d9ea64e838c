/// CRC-32 with zlib's polynomial (reflected 0xEDB88320), as every language's standard library has it.
///
/// Eight bytes a step ("slicing by 8": Kounavis and Berry, 2005): a byte a step would cost more than inflating.
public enum CRC32 {
    /// Eight tables of 256, one behind the other: a look-up in an array of inline arrays would copy a table each time.
    private static let tables: [UInt32] = {
        var tables: [UInt32] = []
        tables.reserveCapacity(8 * 256)
        for index: UInt32 in 0..<256 {
            var value = index
            for _ in 0..<8 { value = value & 1 == 1 ? 0xedb8_8320 ^ (value >> 1) : value >> 1 }
            tables.append(value)
        }
        for index in 256..<(8 * 256) {
            let earlier = tables[index - 256]
            tables.append(tables[Int(earlier & 0xff)] ^ (earlier >> 8))
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
            crc = tables[1792 + Int(low & 0xff)] ^ tables[1536 + Int(low >> 8 & 0xff)]
            crc ^= tables[1280 + Int(low >> 16 & 0xff)] ^ tables[1024 + Int(low >> 24)]
            crc ^= tables[768 + Int(high & 0xff)] ^ tables[512 + Int(high >> 8 & 0xff)]
            crc ^= tables[256 + Int(high >> 16 & 0xff)] ^ tables[Int(high >> 24)]
            offset += 8
        }
        while offset < count {
            let byte = unsafe bytes.unsafeLoad(fromByteOffset: offset, as: UInt8.self)
            crc = tables[Int((crc ^ UInt32(byte)) & 0xff)] ^ (crc >> 8)
            offset += 1
        }
        return ~crc
    }
}
