/// A JSON value as a tree: keys in their order, numbers as they were written.
enum JSONValue {
    case null
    case boolean(Bool)
    case number(String)
    case string(String)
    case array([JSONValue])
    case object(JSONMembers)
    /// What the other cases cannot hold, as it was written: it is nested deeper than ``JSONReading/deepest``, or it is a
    /// text, or an object with a key, that holds half of a surrogate pair.
    case opaque(String)
}

/// The members of an object, in their order. Of several with one key the last counts, as it does for most readers.
struct JSONMembers {
    private(set) var keys: [String] = []
    private var values: [ExactText: JSONValue] = [:]

    subscript(key: String) -> JSONValue? { values[ExactText(key)] }

    mutating func set(_ key: String, _ value: JSONValue) {
        if values.updateValue(value, forKey: ExactText(key)) == nil { keys.append(key) }
    }
}

// Objects are the same in whatever order their members stand.
extension JSONMembers: Hashable {
    static func == (left: JSONMembers, right: JSONMembers) -> Bool { left.values == right.values }

    func hash(into hasher: inout Hasher) {
        hasher.combine(values)
    }
}

// Texts are the same if their bytes are.
extension JSONValue: Hashable {
    static func == (left: JSONValue, right: JSONValue) -> Bool {
        switch (left, right) {
        case (.null, .null): true
        case (.boolean(let left), .boolean(let right)): left == right
        case (.number(let left), .number(let right)), (.string(let left), .string(let right)),
            (.opaque(let left), .opaque(let right)):
            ExactText(left) == ExactText(right)
        case (.array(let left), .array(let right)): left == right
        case (.object(let left), .object(let right)): left == right
        default: false
        }
    }

    func hash(into hasher: inout Hasher) {
        switch self {
        case .null: hasher.combine(0)
        case .boolean(let value): hasher.combine(value)
        case .number(let text), .string(let text), .opaque(let text): hasher.combine(ExactText(text))
        case .array(let elements): hasher.combine(elements)
        case .object(let members): hasher.combine(members)
        }
    }
}

extension JSONValue {
    /// Whether it holds other values.
    var isContainer: Bool {
        switch self {
        case .array, .object: true
        default: false
        }
    }

    /// The value as JSON, on one line.
    var text: String {
        var bytes: [UInt8] = []
        append(to: &bytes)
        return String(decoding: bytes, as: UTF8.self)
    }

    private func append(to bytes: inout [UInt8]) {
        switch self {
        case .null: bytes.append(contentsOf: "null".utf8)
        case .boolean(let value): bytes.append(contentsOf: (value ? "true" : "false").utf8)
        case .number(let text): bytes.append(contentsOf: text.utf8)
        case .opaque(let text): JSONString.appendRaw(text, to: &bytes)
        case .string(let text): JSONString.append(text, to: &bytes)
        case .array(let elements):
            bytes.append(UInt8(ascii: "["))
            for (index, element) in elements.enumerated() {
                if index > 0 { bytes.append(UInt8(ascii: ",")) }
                element.append(to: &bytes)
            }
            bytes.append(UInt8(ascii: "]"))
        case .object(let members):
            bytes.append(UInt8(ascii: "{"))
            for (index, key) in members.keys.enumerated() {
                if index > 0 { bytes.append(UInt8(ascii: ",")) }
                JSONString.append(key, to: &bytes)
                bytes.append(UInt8(ascii: ":"))
                members[key]?.append(to: &bytes)
            }
            bytes.append(UInt8(ascii: "}"))
        }
    }
}
