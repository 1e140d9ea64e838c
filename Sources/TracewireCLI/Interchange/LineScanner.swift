internal import TracewireProtocol

/// Reads one line of FORMAT.md into a record.
///
/// It refuses what a record cannot express: a line that is no JSON object, an event that does not exist, a value of the
/// wrong type. What a record can say, but must not, is the collector's to refuse.
struct LineScanner {
    private var fields = EventFields()
    /// How often each key was passed over because its event has no such key. At most ``mostNames`` names are kept.
    private(set) var ignoredKeys: [String: Int] = [:]

    private static let mostNames = 100

    /// The record that `line` is; `nil` for a line of white space.
    mutating func record(_ line: Span<UInt8>) throws(LineFault) -> Record<String>? {
        var cursor = LineCursor(line)
        guard cursor.skipSpace(line) else { return nil }
        fields.removeAll()
        try readFields(&cursor, line)
        guard let name = try fields.text(.event, line) else { throw LineFault(.missingField, "event is required") }
        guard let kind = EventKind(rawValue: name) else {
            throw LineFault(.unknownRecord, "event is none of the eight kinds")
        }
        guard let atMs = try fields.integer(.atMs, line) else { throw LineFault(.missingField, "at_ms is required") }
        let record = Record(atMs: atMs, event: try fields.event(kind, line))
        for key in fields.unusedKeys { ignore(key.name) }
        return record
    }

    private mutating func readFields(_ cursor: inout LineCursor, _ line: Span<UInt8>) throws(LineFault) {
        guard cursor.take(UInt8(ascii: "{"), line) else { throw LineFault(.invalidJSON, "the line is no JSON object") }
        guard !cursor.take(UInt8(ascii: "}"), line) else { return try cursor.expectEnd(line) }
        repeat {
            let name = try cursor.key(line)
            let value = try cursor.value(of: name, line)
            if let key = EventKey.byName[name] { fields.set(key, value) } else { ignore(name) }
        } while cursor.take(UInt8(ascii: ","), line)
        guard cursor.take(UInt8(ascii: "}"), line) else {
            throw LineFault(.invalidJSON, "the object has no end, or a comma is missing")
        }
        try cursor.expectEnd(line)
    }

    private mutating func ignore(_ name: String) {
        guard ignoredKeys[name] != nil || ignoredKeys.count < Self.mostNames else { return }
        ignoredKeys[name, default: 0] += 1
    }
}

/// A position in a line.
struct LineCursor {
    private var position = 0

    /// Starts behind a byte order mark, which some editors put before the first line.
    init(_ line: Span<UInt8>) {
        if line.count >= 3, line[0] == 0xef, line[1] == 0xbb, line[2] == 0xbf { position = 3 }
    }

    /// Passes over white space; `false` at the end of the line.
    mutating func skipSpace(_ line: Span<UInt8>) -> Bool {
        while position < line.count, [0x20, 0x09, 0x0d, 0x0a].contains(line[position]) { position += 1 }
        return position < line.count
    }

    /// Passes over `byte` and the white space before it, if it is what comes next.
    mutating func take(_ byte: UInt8, _ line: Span<UInt8>) -> Bool {
        guard skipSpace(line), line[position] == byte else { return false }
        position += 1
        return true
    }

    mutating func key(_ line: Span<UInt8>) throws(LineFault) -> String {
        guard skipSpace(line), line[position] == UInt8(ascii: "\""),
            let end = JSONValidator.endOfValue(line, from: position)
        else { throw LineFault(.invalidJSON, "a key is missing") }
        let body = line.extracting(position + 1..<end - 1)
        position = end
        guard take(UInt8(ascii: ":"), line) else { throw LineFault(.invalidJSON, "a key has no colon behind it") }
        return try JSONString.unescape(body, of: "a key")
    }

    /// Where the value that comes next stands. It has been checked to be JSON.
    mutating func value(of key: String, _ line: Span<UInt8>) throws(LineFault) -> Range<Int> {
        guard skipSpace(line), let end = JSONValidator.endOfValue(line, from: position) else {
            let name = EventKey.byName[key]?.name ?? "an unknown key"
            throw LineFault(.invalidJSON, "\(name) is not one JSON value of at most \(Limits.jsonDepth) levels")
        }
        defer { position = end }
        return position..<end
    }

    mutating func expectEnd(_ line: Span<UInt8>) throws(LineFault) {
        guard !skipSpace(line) else { throw LineFault(.invalidJSON, "something stands behind the object") }
    }
}
