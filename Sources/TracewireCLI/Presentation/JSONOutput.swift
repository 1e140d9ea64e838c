internal import TracewireProtocol

/// Writes rows as JSON objects: one array of them, or one a line.
struct JSONOutput: RowOutput {
    private let output: Output
    private let isArray: Bool
    private var keys = JSONKeys()
    private var rows = 0

    init(_ output: Output, isArray: Bool) {
        self.output = output
        self.isArray = isArray
    }

    mutating func begin(_ columns: AnswerColumns) throws {
        keys.begin(columns)
    }

    mutating func row(_ values: [Value]) throws {
        if isArray { try output.write(rows == 0 ? "[\n" : ",\n") }
        rows += 1
        try output.write(values: keys.object(values) + Array((isArray ? "}" : "}\n").utf8))
    }

    mutating func end() throws {
        guard isArray else { return }
        try output.write(rows == 0 ? "[]\n" : "\n]\n")
    }

    static func hexadecimal(_ bytes: [UInt8]) -> String {
        bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }
}

/// Makes JSON objects of rows.
///
/// Columns that are declared JSON stand as the JSON they are, bytes as lower-case hexadecimal digits, times as the
/// milliseconds that are stored. A second column of the same name gets a number (`id`, `id_2`).
struct JSONKeys {
    private var keys: [[UInt8]] = []
    private var isJSON: [Bool] = []

    mutating func begin(_ columns: AnswerColumns) {
        var seen: Set<String> = []
        for column in columns.columns {
            var key: [UInt8] = []
            JSONString.append(Self.unique(column.name, &seen), to: &key)
            keys.append(key + [UInt8(ascii: ":")])
            isJSON.append(column.isJSON)
        }
    }

    /// The row as an object whose end is missing, so that more can be put in.
    func object(_ values: [Value]) -> [UInt8] {
        var bytes: [UInt8] = [UInt8(ascii: "{")]
        for (index, value) in values.enumerated() where index < keys.count {
            if index > 0 { bytes.append(UInt8(ascii: ",")) }
            bytes += keys[index]
            Self.append(value, isJSON: isJSON[index], to: &bytes)
        }
        return bytes
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
        case .blob(let blob): JSONString.append(JSONOutput.hexadecimal(blob), to: &bytes)
        }
    }

    /// JSON has neither infinities nor what is no number: they stand as `null`.
    private static func number(_ value: Double) -> String {
        value.isFinite ? value.description : "null"
    }
}
