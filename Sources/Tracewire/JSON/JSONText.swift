internal import TracewireProtocol

/// One JSON value, as text. It is sent and kept as it is: escapes, spacing, order of keys and all.
///
/// Literals make one in place:
///
/// ```swift
/// node.setOutput(["area": "성수", "budget": 50_000, "stops": ["cafe", "gallery"]])
/// ```
public struct JSONText: Hashable, Sendable {
    /// The text: valid JSON. A collector rejects what is nested deeper than ``Limits/jsonDepth``; ``init(validating:)`` does not
    /// take it, and what is put together of others is not looked at.
    public let text: String

    /// Takes `text` as it is; `nil` unless it is one JSON value.
    public init?(validating text: String) {
        var text = text
        let isValid = text.withUTF8 { JSONValidator.isValid($0.span) }
        guard isValid else { return nil }
        self.text = text
    }

    /// Takes `text`, which whoever calls has made: it is not looked at.
    init(known text: String) {
        self.text = text
    }

    /// A JSON string that holds `value`.
    public static func string(_ value: String) -> JSONText { JSONText(known: quoted(value)) }

    public static func integer(_ value: Int64) -> JSONText { JSONText(known: String(value)) }

    /// A JSON number; `null` for what JSON has no number for: NaN and the infinities.
    public static func number(_ value: Double) -> JSONText {
        JSONText(known: value.isFinite ? "\(value)" : "null")
    }

    public static func boolean(_ value: Bool) -> JSONText { JSONText(known: value ? "true" : "false") }

    public static let null = JSONText(known: "null")

    public static func array(_ values: [JSONText]) -> JSONText {
        JSONText(known: "[" + values.map(\.text).joined(separator: ",") + "]")
    }

    /// A JSON object, its members in the order given.
    public static func object(_ members: KeyValuePairs<String, JSONText>) -> JSONText {
        object(members: members.lazy.map { ($0, $1) })
    }

    static func object(members: some Sequence<(String, JSONText)>) -> JSONText {
        JSONText(known: "{" + members.map { "\(quoted($0)):\($1.text)" }.joined(separator: ",") + "}")
    }

    private static func quoted(_ value: String) -> String {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(value.utf8.count + 2)
        bytes.appendQuoted(value)
        return String(decoding: bytes, as: UTF8.self)
    }
}

extension JSONText: CustomStringConvertible {
    public var description: String { text }
}

extension JSONText: ExpressibleByStringInterpolation, ExpressibleByIntegerLiteral, ExpressibleByFloatLiteral {
    /// A JSON string. JSON that is text already is ``init(validating:)``'s.
    public init(stringLiteral value: String) { self = .string(value) }
    public init(integerLiteral value: Int64) { self = .integer(value) }
    public init(floatLiteral value: Double) { self = .number(value) }
}

extension JSONText: ExpressibleByBooleanLiteral, ExpressibleByNilLiteral {
    public init(booleanLiteral value: Bool) { self = .boolean(value) }
    public init(nilLiteral: ()) { self = .null }
}

extension JSONText: ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral {
    public init(arrayLiteral elements: JSONText...) { self = .array(elements) }

    public init(dictionaryLiteral elements: (String, JSONText)...) {
        self = .object(members: elements)
    }
}
