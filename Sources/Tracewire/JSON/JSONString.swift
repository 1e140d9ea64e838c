internal import TracewireProtocol

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

extension JSONEscaping {
    /// Where the first byte is that must be escaped, or the end; looks at eight bytes at a time as long as there are eight.
    fileprivate static func firstSpecialByte(in text: UnsafeBufferPointer<UInt8>, from start: Int) -> Int {
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

    fileprivate static func hexDigit(_ value: UInt8) -> UInt8 {
        value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: "a") + value - 10
    }
}
