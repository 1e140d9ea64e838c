internal import Glibc
internal import TracewireProtocol

/// JSON's escapes in texts: resolving them, and writing them as Python's `json.dumps(…, ensure_ascii=False)` does.
enum JSONString {
    private static let backslash = UInt8(ascii: "\\")

    /// The text between a string's quotation marks, which ``JSONValidator`` has passed.
    static func unescape(_ body: Span<UInt8>, of key: String) throws(LineFault) -> String {
        guard let text = try unescaped(body, of: key) else { throw LineFault(.invalidUTF8, "\(key) is not UTF-8") }
        return text
    }

    private static func unescaped(_ body: Span<UInt8>, of key: String) throws(LineFault) -> String? {
        guard var position = firstEscape(body, from: 0) else { return String(validating: body) }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(body.count)
        var copied = 0
        while true {
            append(body.extracting(copied..<position), to: &bytes)
            guard let length = appendEscape(body, at: position, to: &bytes) else {
                throw LineFault(.invalidUTF8, "\(key) has an escape that is no character: a lone surrogate")
            }
            copied = position + length
            guard let next = firstEscape(body, from: copied) else { break }
            position = next
        }
        append(body.extracting(copied..<body.count), to: &bytes)
        return String(validating: bytes.span)
    }

    private static func append(_ stretch: Span<UInt8>, to bytes: inout [UInt8]) {
        stretch.withUnsafeBufferPointer { bytes.append(contentsOf: $0) }
    }

    private static func firstEscape(_ body: Span<UInt8>, from start: Int) -> Int? {
        body.withUnsafeBytes { bytes in
            guard start < bytes.count, let base = bytes.baseAddress,
                let found = memchr(base + start, Int32(backslash), bytes.count - start)
            else { return nil }
            return UnsafeRawPointer(found) - base
        }
    }

    /// Appends the character of the escape at `position` and gives the escape's length; `nil` for a lone surrogate.
    private static func appendEscape(_ body: Span<UInt8>, at position: Int, to bytes: inout [UInt8]) -> Int? {
        switch body[position + 1] {
        case UInt8(ascii: "b"): bytes.append(0x08)
        case UInt8(ascii: "f"): bytes.append(0x0c)
        case UInt8(ascii: "n"): bytes.append(0x0a)
        case UInt8(ascii: "r"): bytes.append(0x0d)
        case UInt8(ascii: "t"): bytes.append(0x09)
        case UInt8(ascii: "u"): return appendUnicode(body, at: position, to: &bytes)
        default: bytes.append(body[position + 1])
        }
        return 2
    }

    private static func appendUnicode(_ body: Span<UInt8>, at position: Int, to bytes: inout [UInt8]) -> Int? {
        let unit = hexadecimal(body, at: position + 2)
        if let scalar = Unicode.Scalar(unit) {
            append(scalar, to: &bytes)
            return 6
        }
        guard unit < 0xdc00, position + 12 <= body.count, body[position + 6] == backslash,
            body[position + 7] == UInt8(ascii: "u")
        else { return nil }
        let low = hexadecimal(body, at: position + 8)
        guard 0xdc00...0xdfff ~= low, let scalar = Unicode.Scalar(0x10000 + (unit - 0xd800) << 10 + (low - 0xdc00))
        else { return nil }
        append(scalar, to: &bytes)
        return 12
    }

    private static func append(_ scalar: Unicode.Scalar, to bytes: inout [UInt8]) {
        bytes.append(contentsOf: UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter)
    }

    private static func hexadecimal(_ body: Span<UInt8>, at position: Int) -> UInt32 {
        var value: UInt32 = 0
        for index in position..<position + 4 {
            let byte = body[index]
            value = value << 4 | UInt32(byte <= 57 ? byte - 48 : (byte | 0x20) - 87)
        }
        return value
    }

    /// Appends `text` with its quotation marks.
    static func append(_ text: String, to bytes: inout [UInt8]) {
        bytes.append(UInt8(ascii: "\""))
        var text = text
        text.withUTF8 { utf8 in
            var copied = 0
            for (index, byte) in utf8.enumerated() where needsEscape(byte) {
                bytes.append(contentsOf: utf8[copied..<index])
                appendEscaped(byte, to: &bytes)
                copied = index + 1
            }
            bytes.append(contentsOf: utf8[copied...])
        }
        bytes.append(UInt8(ascii: "\""))
    }

    private static func needsEscape(_ byte: UInt8) -> Bool {
        byte < 0x20 || byte == backslash || byte == UInt8(ascii: "\"")
    }

    /// Appends a JSON value as it is, on one line: a line feed in it is white space between its parts, because inside of
    /// a JSON string it could only stand escaped.
    static func appendRaw(_ json: String, to bytes: inout [UInt8]) {
        var json = json
        json.withUTF8 { utf8 in
            let start = bytes.count
            bytes.append(contentsOf: utf8)
            guard let base = utf8.baseAddress,
                memchr(base, 0x0a, utf8.count) != nil || memchr(base, 0x0d, utf8.count) != nil
            else { return }
            for index in start..<bytes.count where bytes[index] == 0x0a || bytes[index] == 0x0d { bytes[index] = 0x20 }
        }
    }

    private static func appendEscaped(_ byte: UInt8, to bytes: inout [UInt8]) {
        bytes.append(backslash)
        switch byte {
        case UInt8(ascii: "\""), backslash: bytes.append(byte)
        case 0x08: bytes.append(UInt8(ascii: "b"))
        case 0x09: bytes.append(UInt8(ascii: "t"))
        case 0x0a: bytes.append(UInt8(ascii: "n"))
        case 0x0c: bytes.append(UInt8(ascii: "f"))
        case 0x0d: bytes.append(UInt8(ascii: "r"))
        default:
            bytes.append(contentsOf: "u00".utf8)
            bytes.append(hexadecimalDigit(byte >> 4))
            bytes.append(hexadecimalDigit(byte & 0xf))
        }
    }

    private static func hexadecimalDigit(_ nibble: UInt8) -> UInt8 {
        nibble < 10 ? nibble + 48 : nibble + 87
    }
}
