extension [UInt8] {
    /// Appends `text` as a JSON string: quoted, with no more escapes than JSON asks for.
    mutating func appendQuoted(_ text: String) {
        append(UInt8(ascii: "\""))
        var text = text
        text.withUTF8 { appendEscaped($0) }
        append(UInt8(ascii: "\""))
    }

    /// Copies what needs no escape in whole stretches: texts are long, and escapes are few.
    private mutating func appendEscaped(_ text: UnsafeBufferPointer<UInt8>) {
        var written = 0
        while true {
            let special = JSONEscaping.firstSpecialByte(in: text, from: written)
            append(contentsOf: UnsafeBufferPointer(rebasing: text[written..<special]))
            guard special < text.count else { return }
            appendEscape(of: text[special])
            written = special + 1
        }
    }

    private mutating func appendEscape(of byte: UInt8) {
        append(UInt8(ascii: "\\"))
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"): append(byte)
        case UInt8(ascii: "\n"): append(UInt8(ascii: "n"))
        case UInt8(ascii: "\r"): append(UInt8(ascii: "r"))
        case UInt8(ascii: "\t"): append(UInt8(ascii: "t"))
        default:
            append(contentsOf: "u00".utf8)
            append(JSONEscaping.hexDigit(byte >> 4))
            append(JSONEscaping.hexDigit(byte & 15))
        }
    }
}

/// Finds what a JSON string has to escape: quotes, backslashes and control characters. All of them are single bytes of
/// UTF-8, which are part of no other character.
private enum JSONEscaping {
    /// Where the first such byte is, or the end; looks at eight bytes at a time as long as there are eight.
    static func firstSpecialByte(in text: UnsafeBufferPointer<UInt8>, from start: Int) -> Int {
        let raw = UnsafeRawBufferPointer(text)
        var position = start
        while text.count - position >= 8 {
            let word = UInt64(littleEndian: raw.loadUnaligned(fromByteOffset: position, as: UInt64.self))
            let special = specialBytes(word)
            guard special == 0 else { return position + special.trailingZeroBitCount / 8 }
            position += 8
        }
        while position < text.count, !isSpecial(text[position]) { position += 1 }
        return position
    }

    private static func isSpecial(_ byte: UInt8) -> Bool {
        byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\")
    }

    /// The high bit of each byte that is `"`, `\` or below 0x20. Those above the lowest such byte may be set wrongly: a
    /// borrow goes upwards, as in `JSONValidator`, which looks for the same bytes.
    private static func specialBytes(_ word: UInt64) -> UInt64 {
        let ones: UInt64 = 0x0101_0101_0101_0101
        let highBits: UInt64 = 0x8080_8080_8080_8080
        let quotes = word ^ (ones &* UInt64(UInt8(ascii: "\"")))
        let backslashes = word ^ (ones &* UInt64(UInt8(ascii: "\\")))
        let found =
            ((quotes &- ones) & ~quotes) | ((backslashes &- ones) & ~backslashes) | ((word &- ones &* 0x20) & ~word)
        return found & highBits
    }

    static func hexDigit(_ value: UInt8) -> UInt8 {
        value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: "a") + value - 10
    }
}
