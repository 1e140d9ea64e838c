internal import TracewireProtocol

/// A run as a flat table: one line a node and call, in the order in which they stand in the tree.
enum RunTable {
    private static let names = [
        "kind", "uuid", "name", "type", "status", "started_at", "completed_at", "duration_ms", "prompt_tokens",
        "completion_tokens", "total_tokens", "error_message",
    ]

    static func write(_ run: Run, to table: CSVOutput) throws {
        var table = table
        try table.begin(AnswerColumns(names.map { Column(name: $0, declaredType: "") }))
        try table.row(line("workflow", run.workflow, name: "name", type: "input_type", start: "created_at"))
        for node in run.nodes {
            try table.row(line("node", node.row, name: "node_name", type: "node_type", start: "started_at"))
            for generation in node.generations { try table.row(call(generation)) }
        }
        for generation in run.ownGenerations { try table.row(call(generation)) }
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
