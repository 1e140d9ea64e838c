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
