internal import TracewireProtocol

/// The values of one line by key: where each stands in the line's bytes. It is made once and filled anew for every line.
///
/// Every accessor takes the line's bytes, marks its key as used, and takes `null` for absent.
struct EventFields {
    private var values = [Range<Int>?](repeating: nil, count: EventKey.allCases.count)
    private var present: UInt64 = 0
    private var used: UInt64 = 0

    mutating func removeAll() {
        for index in values.indices { values[index] = nil }
        present = 0
        used = 0
    }

    /// Sets the value of `key`; a repeated key replaces the earlier one, as JSON parsers do.
    mutating func set(_ key: EventKey, _ value: Range<Int>) {
        values[key.rawValue] = value
        present |= 1 << UInt64(key.rawValue)
    }

    /// Keys of the line that its kind of event does not have.
    var unusedKeys: [EventKey] {
        let unused = present & ~used
        guard unused != 0 else { return [] }
        return EventKey.allCases.filter { unused & 1 << UInt64($0.rawValue) != 0 }
    }

    private mutating func value(_ key: EventKey, _ line: Span<UInt8>) -> Range<Int>? {
        used |= 1 << UInt64(key.rawValue)
        guard let range = values[key.rawValue], line[range.lowerBound] != UInt8(ascii: "n") else { return nil }
        return range
    }

    /// A text, its escapes resolved.
    mutating func text(_ key: EventKey, _ line: Span<UInt8>) throws(LineFault) -> String? {
        guard let range = value(key, line) else { return nil }
        guard line[range.lowerBound] == UInt8(ascii: "\"") else {
            throw LineFault(.malformedRecord, "\(key.name) is not a text")
        }
        return try JSONString.unescape(line.extracting(range.lowerBound + 1..<range.upperBound - 1), of: key.name)
    }

    /// A JSON value as the text that stands in the line.
    mutating func json(_ key: EventKey, _ line: Span<UInt8>) throws(LineFault) -> String? {
        guard let range = value(key, line) else { return nil }
        guard let text = String(validating: line.extracting(range)) else {
            throw LineFault(.invalidUTF8, "\(key.name) is not UTF-8")
        }
        return text
    }

    mutating func integer(_ key: EventKey, _ line: Span<UInt8>) throws(LineFault) -> Int64? {
        guard let range = value(key, line) else { return nil }
        return try JSONNumber.integer(line.extracting(range), key.name)
    }

    mutating func double(_ key: EventKey, _ line: Span<UInt8>) throws(LineFault) -> Double? {
        guard let range = value(key, line) else { return nil }
        return try JSONNumber.double(line.extracting(range), key.name)
    }

    /// A UUID; `zero` where absent.
    mutating func identifier(_ key: EventKey, _ line: Span<UInt8>) throws(LineFault) -> Identifier {
        guard let text = try text(key, line) else { return .zero }
        guard let identifier = Identifier(text) else {
            throw LineFault(.invalidIdentity, "\(key.name) is not a UUID")
        }
        return identifier
    }

    /// The number of the status that `entity` ends with. A name that is none is told: it is no payload.
    mutating func status(
        of entity: StatusEntity, _ identity: Identifier, _ line: Span<UInt8>
    ) throws(LineFault) -> UInt32 {
        guard let text = try text(.status, line) else { throw LineFault(.missingField, "status is required") }
        guard let status = Status(name: text) else {
            let name = text.utf8.count <= Self.shownStatusBytes ? " '\(text)'" : ""
            throw LineFault(
                .unknownStatus,
                "\(entity.rawValue) \(identity) cannot end with the status\(name), which does not exist: "
                    + entity.endings)
        }
        return status.rawValue
    }

    /// What is longer is no slip of the pen.
    private static let shownStatusBytes = 32
}

extension StatusEntity {
    /// How it may end, for people.
    fileprivate var endings: String {
        let names = Status.allCases.filter { allows(from: .running, to: $0) }.map(\.name)
        return "it may be " + names.dropLast().joined(separator: ", ") + " or " + (names.last ?? "")
    }
}
