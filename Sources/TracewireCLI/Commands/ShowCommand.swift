internal import ArgumentParser
internal import TracewireProtocol

/// `tracewire show`
struct ShowCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show",
        abstract: "Shows one run: its nodes and calls as a tree, where the time went, tokens and errors.",
        discussion: """
            The run is named by its number, its UUID, or the first digits of its UUID if no other run begins with them. \
            json and ndjson hold the whole run as one object, csv one line a node and call.

              tracewire show 12
              tracewire show 0199d1a3-7c --payloads
              tracewire show 12 --format json
            """)

    @Argument(help: "The run: a number, a UUID or the beginning of one.")
    var id: String

    @Flag(help: "Print every payload whole below the tree.")
    var payloads = false

    @OptionGroup var connection: ConnectionOptions
    @OptionGroup var format: FormatOptions

    func run() async throws {
        let output = Output.standard()
        let run = try await connection.withCollector { try await Self.load(id, from: $0) }
        switch format.format {
        case .table: try RunPrinter(run, output: output, showsPayloads: payloads).print()
        case .json, .ndjson: try output.write(values: RunObject.line(run))
        case .csv: try RunTable.write(run, to: CSVOutput(output))
        }
        try output.flush()
    }

    static func load(_ id: String, from collector: any Answering) async throws -> Run {
        let found = try await collector.rows(.report("workflow", ["id": key(id)]))
        guard let workflow = found.first, let number = workflow.integer("id") else {
            throw CommandFailure(.failed, "there is no run '\(id)'; 'tracewire workflows' lists those that there are")
        }
        let range: [String: Value?] = ["first": .integer(number), "last": .integer(number)]
        return Run(
            workflow: workflow, nodes: try await collector.rows(.report("nodes", range)),
            generations: try await collector.rows(.report("generations", range)))
    }
}

extension ShowCommand {
    /// Numbers have no zero before them; beginnings of version 7 UUIDs do.
    static func key(_ id: String) -> Value {
        id.hasPrefix("0") ? .text(id) : Int64(id).map { .integer($0) } ?? .text(id)
    }
}

/// A run as one JSON object: the workflow's columns, `nodes` with the `generations` of each, and the `generations`
/// outside of any node.
enum RunObject {
    static func line(_ run: Run) -> String {
        var bytes = fields(run.workflow)
        append("nodes", to: &bytes)
        bytes += array(
            run.nodes.map { node in
                var object = fields(node.row)
                append("generations", to: &object)
                object += array(node.generations.map { fields($0) + [UInt8(ascii: "}")] })
                return object + [UInt8(ascii: "}")]
            })
        append("generations", to: &bytes)
        bytes += array(run.ownGenerations.map { fields($0) + [UInt8(ascii: "}")] })
        bytes += Array("}\n".utf8)
        return String(decoding: bytes, as: UTF8.self)
    }

    private static func append(_ key: String, to object: inout [UInt8]) {
        object += Array(",\"\(key)\":".utf8)
    }

    private static func array(_ objects: [[UInt8]]) -> [UInt8] {
        [UInt8(ascii: "[")] + objects.joined(separator: [UInt8(ascii: ",")]) + [UInt8(ascii: "]")]
    }

    /// The columns of a row as an object whose end is missing.
    private static func fields(_ row: AnswerRow) -> [UInt8] {
        var keys = JSONKeys()
        keys.begin(row.columns)
        return keys.object(row.values)
    }
}

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
            .text("generation"), row["uuid"], row["model_name"], row["model_provider"], .null, .null, row["created_at"],
            row["latency_ms"], row["prompt_tokens"], row["completion_tokens"], row["total_tokens"],
            row["error_message"],
        ]
    }
}
