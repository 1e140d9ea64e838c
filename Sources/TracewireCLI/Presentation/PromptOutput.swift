internal import TracewireProtocol

/// Writes each row out at once, and counts them: whoever waits for a long answer sees what has come, and keeps it if the
/// answer is cut short.
final class PromptOutput: RowOutput {
    private var rows: any RowOutput
    private let output: Output
    /// Rows so far.
    private(set) var count: Int64 = 0

    init(_ rows: any RowOutput, _ output: Output) {
        self.rows = rows
        self.output = output
    }

    func begin(_ columns: AnswerColumns) throws {
        try rows.begin(columns)
    }

    func row(_ values: [Value]) throws {
        count += 1
        try rows.row(values)
        try output.flush()
    }

    func end() throws {
        try rows.end()
        try output.flush()
    }
}
