/// CRC-32 with zlib's polynomial (reflected 0xEDB88320), as every language's standard library has it.
///
/// Sixteen bytes a step ("slicing": Kounavis and Berry, 2005): a byte a step would cost more than inflating.
public enum CRC32 {
    private static let slices = 16

    /// Table `k` at `k * 256`: what a byte does that is followed by `k` others.
    private static let tables: [UInt32] = {
        var tables = [UInt32](repeating: 0, count: slices * 256)
        for index in 0..<256 {
            var value = UInt32(index)
            for _ in 0..<8 { value = value & 1 == 1 ? 0xedb8_8320 ^ (value >> 1) : value >> 1 }
            tables[index] = value
        }
        for index in 256..<tables.count {
            let last = tables[index - 256]
            tables[index] = tables[Int(last & 0xff)] ^ (last >> 8)
        }
        return tables
    }()

    /// The checksum of `bytes`; of nothing it is 0. `initial` continues an earlier checksum, as zlib's `crc32` does.
    public static func checksum(_ bytes: Span<UInt8>, initial: UInt32 = 0) -> UInt32 {
        unsafe bytes.withUnsafeBytes { bytes in
            unsafe tables.withUnsafeBufferPointer { tables in
                unsafe ~checksum(bytes, tables, ~initial)
            }
        }
    }

    /// Without bounds checks: every index is a byte, and every load is within `bytes`.
    private static func checksum(
        _ bytes: UnsafeRawBufferPointer, _ tables: UnsafeBufferPointer<UInt32>, _ initial: UInt32
    ) -> UInt32 {
        var crc = initial
        var offset = 0
        let words = bytes.count / slices * slices
        while offset < words {
            let first = unsafe UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt32.self)) ^ crc
            let second = unsafe UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: offset + 4, as: UInt32.self))
            let third = unsafe UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: offset + 8, as: UInt32.self))
            let fourth = unsafe UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: offset + 12, as: UInt32.self))
            crc =
                unsafe fold(first, 3072, tables) ^ fold(second, 2048, tables) ^ fold(third, 1024, tables)
                ^ fold(fourth, 0, tables)
            offset += slices
        }
        while offset < bytes.count {
            crc = unsafe tables[Int((crc ^ UInt32(bytes[offset])) & 0xff)] ^ (crc >> 8)
            offset += 1
        }
        return crc
    }

    /// The four tables from `start` on, looked up with the four bytes of `word`, the last byte in the first of them.
    @inline(__always)
    private static func fold(_ word: UInt32, _ start: Int, _ tables: UnsafeBufferPointer<UInt32>) -> UInt32 {
        unsafe tables[start + 768 + Int(word & 0xff)] ^ tables[start + 512 + Int(word >> 8 & 0xff)]
            ^ tables[start + 256 + Int(word >> 16 & 0xff)] ^ tables[start + Int(word >> 24)]
    }
}
