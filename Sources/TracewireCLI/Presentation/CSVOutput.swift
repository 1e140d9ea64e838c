internal import TracewireProtocol

/// Writes rows as RFC 4180 has it, quotation marks where they are needed, but with line feeds alone between them, as `psql
/// --csv` does: a shell takes a carriage return for part of the last value. NULL is nothing, an empty text `""`.
struct CSVOutput: RowOutput {
    private static let quote = UInt8(ascii: "\"")

    private let output: Output

    init(_ output: Output) {
        self.output = output
    }

    mutating func begin(_ columns: AnswerColumns) throws {
        try write(columns.columns.map { .text($0.name) })
    }

    mutating func row(_ values: [Value]) throws {
        try write(values)
    }

    mutating func end() throws {}

    private func write(_ values: [Value]) throws {
        var line: [UInt8] = []
        for (index, value) in values.enumerated() {
            if index > 0 { line.append(UInt8(ascii: ",")) }
            Self.append(value, to: &line)
        }
        guard output.terminal.isTerminal else { return try output.write(line + [0x0a]) }
        try output.write(values: String(decoding: line, as: UTF8.self))
        try output.write("\n")
    }

    private static func append(_ value: Value, to line: inout [UInt8]) {
        switch value {
        case .null: break
        case .integer(let value): line.append(contentsOf: String(value).utf8)
        case .real(let value): line.append(contentsOf: value.description.utf8)
        case .text(let text): append(text, to: &line)
        case .blob(let bytes): line.append(contentsOf: JSONOutput.hexadecimal(bytes).utf8)
        }
    }

    /// Byte by byte: a quotation mark with an accent on it is a character of its own, and has to be doubled, too.
    private static func append(_ text: String, to line: inout [UInt8]) {
        guard text.isEmpty || text.utf8.contains(where: needsQuotes) else { return line.append(contentsOf: text.utf8) }
        line.append(quote)
        for byte in text.utf8 {
            if byte == quote { line.append(quote) }
            line.append(byte)
        }
        line.append(quote)
    }

    private static func needsQuotes(_ byte: UInt8) -> Bool {
        byte == quote || byte == UInt8(ascii: ",") || byte == 0x0a || byte == 0x0d
    }
}
