internal import TracewireProtocol

/// A run as a flat table: one line a node and call, in the order in which they stand in the tree.
enum RunTable {
    private static let names = [
        "kind", "uuid", "name", "type", "status", "started_at", "completed_at", "duration_ms", "prompt_tokens",
        "completion_tokens", "total_tokens", "error_message",
    ]

    /// - Parameter workflow: `nil` where only some of its nodes and calls are wanted.
    static func write(_ workflow: AnswerRow?, _ items: [RunValues.Item], to table: CSVOutput) throws {
        var table = table
        try table.begin(AnswerColumns(names.map { Column(name: $0, declaredType: "") }))
        if let workflow {
            try table.row(line("workflow", workflow, name: "name", type: "input_type", start: "created_at"))
        }
        for item in items {
            switch item {
            case .node(let row):
                try table.row(line("node", row, name: "node_name", type: "node_type", start: "started_at"))
            case .call(let row): try table.row(call(row))
            }
        }
        try table.end()
    }

    private static func line(
        _ kind: String, _ row: AnswerRow, name: String, type: String, start: String
    ) -> [Value] {
        [
            .text(kind), row["uuid"], row[name], row[type], row["status"], row[start], row["completed_at"],
            row["duration_ms"], .null, .null, .null, row["error_message"],
        ]
    }

    private static func call(_ row: AnswerRow) -> [Value] {
        [
            .text("generation"), row["uuid"], row["model_name"], row["model_provider"], .null, .null,
            row["created_at"], row["latency_ms"], row["prompt_tokens"], row["completion_tokens"], row["total_tokens"],
            row["error_message"],
        ]
    }
}
