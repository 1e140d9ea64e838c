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
        guard !LineCursor.isBlank(line) else { return nil }
        fields.removeAll()
        try readFields(line)
        guard let name = try fields.text(.event, line) else { throw LineFault(.missingField, "event is required") }
        guard let kind = EventKind(rawValue: name) else {
            let kinds = EventKind.allCases.map(\.rawValue).joined(separator: ", ")
            throw LineFault(.unknownRecord, "event is none of \(kinds)")
        }
        guard let atMs = try fields.integer(.atMs, line) else { throw LineFault(.missingField, "at_ms is required") }
        let record = Record(atMs: atMs, event: try fields.event(kind, line))
        for key in fields.unusedKeys { ignore(key.name) }
        return record
    }

    private mutating func readFields(_ line: Span<UInt8>) throws(LineFault) {
        try LineCursor.members(of: line) { name, value in
            if let key = EventKey.byName[name] { fields.set(key, value) } else { ignore(name) }
        }
    }

    private mutating func ignore(_ name: String) {
        guard ignoredKeys[name] != nil || ignoredKeys.count < Self.mostNames else { return }
        ignoredKeys[name, default: 0] += 1
    }
}
