internal import TracewireProtocol

/// Reads JSON into a tree.
struct JSONReading {
    /// Containers in one another that are taken apart. What lies deeper is compared as text: each level takes stack, and
    /// nobody looks for a path of more than a hundred steps.
    static let deepest = 100

    private var position = 0

    /// `nil` if `text` is no JSON.
    static func value(_ text: String) -> JSONValue? {
        let bytes = Array(text.utf8)
        guard JSONValidator.isValid(bytes.span) else { return nil }
        var reading = JSONReading()
        return reading.value(bytes.span, depth: 0)
    }

    // What follows reads what JSONValidator has passed. It gives `nil`, rather than to trust in that.

    private mutating func value(_ bytes: Span<UInt8>, depth: Int) -> JSONValue? {
        guard let first = next(bytes) else { return nil }
        switch first {
        case UInt8(ascii: "{") where depth < Self.deepest: return object(bytes, depth)
        case UInt8(ascii: "["): return depth < Self.deepest ? array(bytes, depth) : opaque(bytes)
        case UInt8(ascii: "{"): return opaque(bytes)
        case UInt8(ascii: "\""): return string(bytes).map { .string($0) } ?? opaque(bytes)
        case UInt8(ascii: "t"): return stretch(bytes) == "true" ? .boolean(true) : nil
        case UInt8(ascii: "f"): return stretch(bytes) == "false" ? .boolean(false) : nil
        case UInt8(ascii: "n"): return stretch(bytes) == "null" ? .null : nil
        default: return stretch(bytes).map { .number($0) }
        }
    }

    private mutating func object(_ bytes: Span<UInt8>, _ depth: Int) -> JSONValue? {
        let start = position
        position += 1
        var members = JSONMembers()
        while next(bytes) == UInt8(ascii: "\"") {
            guard let key = string(bytes) else {
                position = start
                return opaque(bytes)
            }
            guard take(UInt8(ascii: ":"), bytes), let value = value(bytes, depth: depth + 1) else { return nil }
            members.set(key, value)
            guard take(UInt8(ascii: ","), bytes) else { break }
        }
        return take(UInt8(ascii: "}"), bytes) ? .object(members) : nil
    }

    private mutating func array(_ bytes: Span<UInt8>, _ depth: Int) -> JSONValue? {
        position += 1
        var elements: [JSONValue] = []
        while let first = next(bytes), first != UInt8(ascii: "]") {
            guard let element = value(bytes, depth: depth + 1) else { return nil }
            elements.append(element)
            guard take(UInt8(ascii: ","), bytes) else { break }
        }
        return take(UInt8(ascii: "]"), bytes) ? .array(elements) : nil
    }

    /// `nil`, and nothing read, if the string holds half of a surrogate pair: that is no character, so there is no text
    /// that is the same.
    private mutating func string(_ bytes: Span<UInt8>) -> String? {
        guard let end = JSONValidator.endOfValue(bytes, from: position), end >= position + 2,
            let text = try? JSONString.unescape(bytes.extracting(position + 1..<end - 1), of: "")
        else { return nil }
        position = end
        return text
    }

    private mutating func opaque(_ bytes: Span<UInt8>) -> JSONValue? {
        stretch(bytes).map { .opaque($0) }
    }

    private mutating func stretch(_ bytes: Span<UInt8>) -> String? {
        guard let end = JSONValidator.endOfValue(bytes, from: position) else { return nil }
        defer { position = end }
        return String(validating: bytes.extracting(position..<end))
    }

    /// The byte behind the white space; `nil` at the end.
    private mutating func next(_ bytes: Span<UInt8>) -> UInt8? {
        while position < bytes.count, [0x20, 0x09, 0x0d, 0x0a].contains(bytes[position]) { position += 1 }
        return position < bytes.count ? bytes[position] : nil
    }

    private mutating func take(_ byte: UInt8, _ bytes: Span<UInt8>) -> Bool {
        guard next(bytes) == byte else { return false }
        position += 1
        return true
    }
}
