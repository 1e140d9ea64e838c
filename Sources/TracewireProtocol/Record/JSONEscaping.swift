/// What a JSON string has to escape: quotes, backslashes and control characters. All of them are single bytes of UTF-8,
/// which are part of no other character.
package enum JSONEscaping {
    /// The high bit of each byte that is `"`, `\` or below 0x20. Those above the lowest such byte may be set wrongly: a
    /// borrow goes upwards (https://graphics.stanford.edu/~seander/bithacks.html#ZeroInWord).
    @inlinable
    package static func specialBytes(_ word: UInt64) -> UInt64 {
        let ones: UInt64 = 0x0101_0101_0101_0101
        let highBits: UInt64 = 0x8080_8080_8080_8080
        let quotes = word ^ (ones &* UInt64(UInt8(ascii: "\"")))
        let backslashes = word ^ (ones &* UInt64(UInt8(ascii: "\\")))
        let found =
            ((quotes &- ones) & ~quotes) | ((backslashes &- ones) & ~backslashes) | ((word &- ones &* 0x20) & ~word)
        return found & highBits
    }

    @inlinable
    package static func isSpecial(_ byte: UInt8) -> Bool {
        byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\")
    }
}
