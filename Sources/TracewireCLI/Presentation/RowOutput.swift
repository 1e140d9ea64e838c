internal import TracewireProtocol

/// Writes the rows of one answer as they come.
protocol RowOutput {
    mutating func begin(_ columns: AnswerColumns) throws
    mutating func row(_ values: [Value]) throws
    /// Writes what is held back. Called once, after the last row, also where the answer was cut short.
    mutating func end() throws
}

/// How answers are written. The values that `--format` takes.
enum OutputFormat: String, CaseIterable {
    /// Aligned columns for people.
    case table
    /// One array of objects.
    case json
    /// One object a line.
    case ndjson
    /// RFC 4180 with line feeds, and a line of names.
    case csv

    func output(to output: Output, view: TableView) -> any RowOutput {
        switch self {
        case .table: TableOutput(output, view: view)
        case .json: JSONOutput(output, isArray: true)
        case .ndjson: JSONOutput(output, isArray: false)
        case .csv: CSVOutput(output)
        }
    }
}
