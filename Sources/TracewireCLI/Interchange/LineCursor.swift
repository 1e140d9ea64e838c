internal import TracewireProtocol

/// A position in the text of one JSON object. What is wrong is said with the place of the byte, counted from 1.
struct LineCursor {
    private var position = 0

    /// Starts behind a byte order mark, which some editors put before the first line.
    private init(_ line: Span<UInt8>) {
        if line.count >= 3, line[0] == 0xef, line[1] == 0xbb, line[2] == 0xbf { position = 3 }
    }

    /// Whether there is nothing but white space.
    static func isBlank(_ line: Span<UInt8>) -> Bool {
        var cursor = LineCursor(line)
        return !cursor.skipSpace(line)
    }

    /// Calls `member` with each key of the object that `line` has to be, and with where its value stands.
    static func members(of line: Span<UInt8>, _ member: (String, Range<Int>) -> Void) throws(LineFault) {
        var cursor = LineCursor(line)
        guard cursor.take(UInt8(ascii: "{"), line) else {
            throw cursor.fault("a JSON object begins with '{', and this does not")
        }
        if !cursor.take(UInt8(ascii: "}"), line) {
            repeat {
                let name = try cursor.key(line)
                member(name, try cursor.value(of: name, line))
            } while cursor.take(UInt8(ascii: ","), line)
            guard cursor.take(UInt8(ascii: "}"), line) else {
                throw cursor.fault("a comma or the object's end, '}', is missing")
            }
        }
        guard !cursor.skipSpace(line) else { throw cursor.fault("something stands behind the object") }
    }

    /// Passes over white space; `false` at the end of the line.
    private mutating func skipSpace(_ line: Span<UInt8>) -> Bool {
        while position < line.count, [0x20, 0x09, 0x0d, 0x0a].contains(line[position]) { position += 1 }
        return position < line.count
    }

    /// Passes over `byte` and the white space before it, if it is what comes next.
    private mutating func take(_ byte: UInt8, _ line: Span<UInt8>) -> Bool {
        guard skipSpace(line), line[position] == byte else { return false }
        position += 1
        return true
    }

    private mutating func key(_ line: Span<UInt8>) throws(LineFault) -> String {
        guard skipSpace(line), line[position] == UInt8(ascii: "\"") else {
            throw fault("a key in double quotation marks should stand here")
        }
        guard let end = JSONValidator.endOfValue(line, from: position) else {
            throw fault("a key begins here that has no end, or a character that JSON does not allow")
        }
        let body = line.extracting(position + 1..<end - 1)
        position = end
        guard take(UInt8(ascii: ":"), line) else { throw fault("a colon should stand here, behind a key") }
        return try JSONString.unescape(body, of: "a key")
    }

    private mutating func value(of key: String, _ line: Span<UInt8>) throws(LineFault) -> Range<Int> {
        guard skipSpace(line), let end = JSONValidator.endOfValue(line, from: position) else {
            let name = EventKey.byName[key]?.name ?? "the value of an unknown key"
            throw LineFault(
                .invalidJSON, "\(name) is not one JSON value of at most \(Limits.jsonDepth) levels, from \(place) on")
        }
        defer { position = end }
        return position..<end
    }

    private var place: String { "byte \(position + 1)" }

    private func fault(_ message: String) -> LineFault {
        LineFault(.invalidJSON, "this is not JSON: at \(place), \(message)")
    }
}
