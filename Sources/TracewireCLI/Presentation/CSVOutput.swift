internal import TracewireProtocol

/// Writes rows as RFC 4180 has it: CRLF, quotation marks where they are needed. NULL is nothing, an empty text `""`.
struct CSVOutput: RowOutput {
    private let output: Output

    init(_ output: Output) {
        self.output = output
    }

    mutating func begin(_ columns: AnswerColumns) throws {
        try write(columns.columns.map { Self.field($0.name) })
    }

    mutating func row(_ values: [Value]) throws {
        try write(values.map(Self.field))
    }

    mutating func end() throws {}

    private func write(_ fields: [String]) throws {
        try output.write(values: fields.joined(separator: ","))
        try output.write("\r\n")
    }

    private static func field(_ value: Value) -> String {
        switch value {
        case .null: ""
        case .integer(let value): String(value)
        case .real(let value): value.description
        case .text(let text): field(text)
        case .blob(let bytes): JSONOutput.hexadecimal(bytes)
        }
    }

    private static func field(_ text: String) -> String {
        guard text.isEmpty || text.utf8.contains(where: needsQuotes) else { return text }
        return "\"" + text.split(separator: "\"", omittingEmptySubsequences: false).joined(separator: "\"\"") + "\""
    }

    private static func needsQuotes(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: "\"") || byte == UInt8(ascii: ",") || byte == 0x0a || byte == 0x0d
    }
}
