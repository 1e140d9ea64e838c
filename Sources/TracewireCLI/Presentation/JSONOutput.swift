internal import TracewireProtocol

/// Writes rows as JSON objects: one array of them, or one a line.
///
/// Columns that are declared JSON stand as the JSON they are, bytes as lower-case hexadecimal digits, times as the
/// milliseconds that are stored. A second column of the same name gets a number (`id`, `id_2`).
struct JSONOutput: RowOutput {
    private let output: Output
    private let isArray: Bool
    private var keys: [[UInt8]] = []
    private var isJSON: [Bool] = []
    private var rows = 0

    init(_ output: Output, isArray: Bool) {
        self.output = output
        self.isArray = isArray
    }

    mutating func begin(_ columns: AnswerColumns) throws {
        var seen: Set<String> = []
        for column in columns.columns {
            keys.append(Self.key(Self.unique(column.name, &seen)))
            isJSON.append(column.isJSON)
        }
    }

    mutating func row(_ values: [Value]) throws {
        var bytes = Array(isArray ? (rows == 0 ? "[\n" : ",\n").utf8 : "".utf8)
        for (index, value) in values.enumerated() where index < keys.count {
            bytes.append(UInt8(ascii: index == 0 ? "{" : ","))
            bytes += keys[index]
            Self.append(value, isJSON: isJSON[index], to: &bytes)
        }
        bytes += Array((isArray ? "}" : "}\n").utf8)
        rows += 1
        try write(bytes)
    }

    mutating func end() throws {
        guard isArray else { return }
        try output.write(rows == 0 ? "[]\n" : "\n]\n")
    }

    private func write(_ bytes: [UInt8]) throws {
        guard output.terminal.isTerminal else { return try output.write(bytes) }
        try output.write(values: String(decoding: bytes, as: UTF8.self))
    }

    private static func key(_ name: String) -> [UInt8] {
        var key: [UInt8] = []
        JSONString.append(name, to: &key)
        key.append(UInt8(ascii: ":"))
        return key
    }

    private static func unique(_ name: String, _ seen: inout Set<String>) -> String {
        var candidate = name
        var number = 2
        while !seen.insert(candidate).inserted {
            candidate = "\(name)_\(number)"
            number += 1
        }
        return candidate
    }

    private static func append(_ value: Value, isJSON: Bool, to bytes: inout [UInt8]) {
        switch value {
        case .null: bytes.append(contentsOf: "null".utf8)
        case .integer(let value): bytes.append(contentsOf: String(value).utf8)
        case .real(let value): bytes.append(contentsOf: number(value).utf8)
        case .text(let text) where isJSON && JSONValidator.isValid(Array(text.utf8).span):
            JSONString.appendRaw(text, to: &bytes)
        case .text(let text): JSONString.append(text, to: &bytes)
        case .blob(let blob): JSONString.append(hexadecimal(blob), to: &bytes)
        }
    }

    /// JSON has no infinity: a number that every reader takes for one stands in its place.
    static func number(_ value: Double) -> String {
        guard value.isInfinite else { return value.isNaN ? "null" : value.description }
        return value < 0 ? "-1e999" : "1e999"
    }

    static func hexadecimal(_ bytes: [UInt8]) -> String {
        bytes.map { TerminalText.leftPadded(String($0, radix: 16)) }.joined()
    }
}

extension TerminalText {
    fileprivate static func leftPadded(_ digits: String) -> String {
        digits.count < 2 ? "0" + digits : digits
    }
}

extension Column {
    /// Whether the schema says that the column holds JSON.
    var isJSON: Bool { declaredType.uppercased().contains("JSON") }
}
