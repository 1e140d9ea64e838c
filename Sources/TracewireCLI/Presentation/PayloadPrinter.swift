internal import TracewireProtocol

/// Prints the payloads of a run whole, one after the other, each under its name.
struct PayloadPrinter {
    private static let workflowColumns = [
        "user_input", "input_type", "search_radius", "time_settings", "date_theme", "user_intent", "final_itinerary",
        "tags", "metadata",
    ]
    private static let nodeColumns = [
        "input_data", "output_data", "state_data", "error_message", "error_traceback", "tags", "metadata",
    ]
    private static let generationColumns = [
        "system_prompt", "user_prompt", "output", "parsed_output", "temperature", "max_tokens", "prompt_tokens",
        "completion_tokens", "error_message", "metadata",
    ]

    private let output: Output
    /// The node that was printed last: its calls follow it, and say where they were made.
    private var node: (id: Int64, name: String)?

    init(output: Output) {
        self.output = output
    }

    func print(workflow: AnswerRow) throws {
        try print("workflow", workflow, Self.workflowColumns)
    }

    mutating func print(_ item: RunValues.Item) throws {
        switch item {
        case .node(let row):
            let name = row.text("node_name") ?? ""
            node = row.integer("id").map { ($0, name) }
            try print("node \(name)", row, Self.nodeColumns)
        case .call(let row):
            let place = node.flatMap { $0.id == row.integer("node_id") ? " in \($0.name)" : nil } ?? ""
            try print("call of \(row.text("model_name") ?? "")\(place)", row, Self.generationColumns)
        }
    }

    private func print(_ title: String, _ row: AnswerRow, _ columns: [String]) throws {
        try output.line()
        let uuid = row.text("uuid") ?? ""
        try output.line(output.terminal.styled("── \(TerminalText.shown(title))  \(uuid)", .bold))
        for column in columns {
            let text: String
            switch row[column] {
            case .null: continue
            case .text(let value): text = value
            case .integer(let value): text = String(value)
            case .real(let value): text = value.description
            case .blob(let value): text = JSONOutput.hexadecimal(value)
            }
            try output.line(output.terminal.styled(column, .dim))
            if row.columns.isJSON(column) {
                try JSONPrinter(output: output).print(text)
            } else {
                try output.line(TerminalText.shown(text, keepingLines: true))
            }
        }
    }
}
