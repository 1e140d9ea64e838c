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

    let output: Output

    func print(_ run: Run) throws {
        try print("workflow", run.workflow, Self.workflowColumns)
        for node in run.nodes { try print(node) }
        for generation in run.ownGenerations { try print(call: generation, of: "") }
    }

    /// A node's own payloads, and those of its calls.
    func print(_ node: Run.Node) throws {
        let name = node.row.text("node_name") ?? ""
        try print("node \(name)", node.row, Self.nodeColumns)
        for generation in node.generations { try print(call: generation, of: " in \(name)") }
    }

    func print(call: AnswerRow) throws {
        try print(call: call, of: "")
    }

    private func print(call: AnswerRow, of place: String) throws {
        try print("call of \(call.text("model_name") ?? "")\(place)", call, Self.generationColumns)
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
