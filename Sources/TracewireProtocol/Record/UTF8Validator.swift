/// Whether bytes are UTF-8 (RFC 3629): no overlong form, no surrogate, nothing above U+10FFFF.
///
/// The standard library's validation says the same and is kept for the last bytes. It goes character by character with
/// several branches each, which took an eighth of the collector's time where most text is Korean: three bytes a
/// character are recognised here by one comparison.
public enum UTF8Validator {
    public static func isValid(_ bytes: Span<UInt8>) -> Bool {
        let raw = unsafe bytes.bytes
        var position = 0
        while bytes.count - position >= 8 {
            let word = unsafe UInt64(littleEndian: raw.unsafeLoadUnaligned(fromByteOffset: position, as: UInt64.self))
            if word & 0x8080_8080_8080_8080 == 0 {
                position += 8
                continue
            }
            // The characters before the first that is not ASCII, and then those that are not.
            position += (word & 0x8080_8080_8080_8080).trailingZeroBitCount / 8
            while bytes.count - position >= 4 {
                let next = unsafe UInt32(
                    littleEndian: raw.unsafeLoadUnaligned(fromByteOffset: position, as: UInt32.self))
                let length = length(next)
                if length == 0 { return false }
                if length == 1 { break }
                position += length
            }
        }
        return (try? UTF8Span(validating: bytes.extracting(position...))) != nil
    }

    /// The length of the character that the four bytes begin with, the first lowest; 0 if there is none.
    @inline(__always)
    private static func length(_ bytes: UInt32) -> Int {
        if bytes & 0x00c0_c0f0 == 0x0080_80e0 {
            let scalar = (bytes & 0x0f) << 12 | (bytes >> 2) & 0x0fc0 | (bytes >> 16) & 0x3f
            return scalar >= 0x800 && scalar & 0xf800 != 0xd800 ? 3 : 0
        }
        if bytes & 0x80 == 0 { return 1 }
        if bytes & 0xc0e0 == 0x80c0 { return bytes & 0x1e != 0 ? 2 : 0 }
        if bytes & 0xc0c0_c0f8 == 0x8080_80f0 {
            let high = (bytes & 0x07) << 2 | (bytes >> 12) & 0x03
            return (1...0x10).contains(high) ? 4 : 0
        }
        return 0
    }
}
