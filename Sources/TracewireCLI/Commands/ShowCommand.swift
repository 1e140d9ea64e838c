internal import ArgumentParser
internal import TracewireProtocol

/// `tracewire show`
struct ShowCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show",
        abstract: "Shows one run: its nodes and calls as a tree, where the time went, tokens and errors.",
        discussion: """
            The run is named by its number, its UUID, or the first digits of its UUID if no other run begins with them. \
            json and ndjson hold the whole run as one object, every payload included; csv one line a node and call.

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

    func validate() throws {
        guard !id.isEmpty else { throw ValidationError("a run has a number or a UUID: the empty text is neither") }
    }

    func run() async throws {
        let output = format.standardOutput()
        let (run, reading) = try await connection.withCollector { collector in
            let reading = ReadingPastDamage(collector)
            return (try await Self.load(id, from: reading), reading)
        }
        switch format.format {
        case .table: try RunPrinter(run, output: output, showsPayloads: payloads).print()
        case .json, .ndjson: try output.write(values: RunObject.line(run))
        case .csv: try RunTable.write(run, to: CSVOutput(output))
        }
        try output.flush()
        try reading.finish()
    }

    static func load(_ id: String, from collector: any Answering) async throws -> Run {
        let workflow = try await RunName(id).workflow(from: collector)
        let number = workflow.integer("id")
        let range: [String: Value?] = ["first": number.map(Value.integer), "last": number.map(Value.integer)]
        // The node of a call that was read is there by the time the nodes are.
        let generations = try await collector.rows(.report("generations", range))
        let nodes = try await collector.rows(.report("nodes", range))
        return Run(workflow: workflow, nodes: nodes, generations: generations)
    }
}
