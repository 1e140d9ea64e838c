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
              tracewire show 12 --node rank
              tracewire show 12 --generation 3
              tracewire show 12 --follow
              tracewire show 12 --format json
            """)

    @Argument(help: "The run: a number, a UUID or the beginning of one.")
    var id: String

    @Flag(help: "Print every payload whole below the tree.")
    var payloads = false

    @Flag(
        help:
            "On a terminal, print every node and call, also where many that are alike stand in a row, and every line of a traceback."
    )
    var all = false

    @Option(
        help: ArgumentHelp(
            "Print the payloads of the nodes of that name, or of the one at that place in the order, and of their calls.",
            valueName: "name"))
    var node: String?

    @Option(
        help: ArgumentHelp(
            "Print the payloads of that call: 1 for the first in the tree, or its UUID or the beginning of it.",
            valueName: "number"))
    var generation: String?

    @Flag(
        name: .shortAndLong,
        help: "Wait until the run has ended; on a terminal, show it as it goes on. Interrupting it shows it as it is.")
    var follow = false

    @OptionGroup var connection: ConnectionOptions
    @OptionGroup var format: FormatOptions

    func validate() throws {
        guard !id.isEmpty else { throw RunName.emptyFault }
    }

    func run() async throws {
        if follow {
            let (address, token) = (try connection.address(), connection.effectiveToken())
            let terminal = format.format == .table ? format.standardOutput().terminal : nil
            try await Interruption.ending { [id] in
                let screen = terminal.map { LiveScreen(.standard($0)) }
                try await RunFollowing(id, address, token: token, screen: screen).run()
            }
        }
        try await show()
    }

    private func show() async throws {
        let (run, reading) = try await connection.withCollector { collector in
            let reading = ReadingPastDamage(collector)
            return (try await Self.load(id, from: reading, isOutline: isOutline), reading)
        }
        let nodes = try node.map { try run.nodes(named: $0) } ?? []
        let call = try generation.map { try run.generation(named: $0) }
        try await format.withPagedOutput { output in
            switch format.format {
            case .table where node != nil || call != nil:
                let printer = PayloadPrinter(output: output)
                for node in nodes { try printer.print(node) }
                if let call { try printer.print(call: call) }
            case .table:
                let folds = output.terminal.isTerminal && !all
                try RunPrinter(run, output: output, showsPayloads: payloads, folds: folds).print()
            case .json, .ndjson: try output.write(values: RunObject.line(run))
            case .csv: try RunTable.write(run, to: CSVOutput(output))
            }
        }
        try reading.finish()
    }

    /// Whether the tree is all that is wanted: payloads stay where they are.
    private var isOutline: Bool { format.format == .table && !payloads && node == nil && generation == nil }

    static func load(_ id: String, from collector: any Answering, isOutline: Bool) async throws -> Run {
        let workflow = try await RunName(id).workflow(from: collector)
        let number = workflow.integer("id")
        let range: [String: Value?] = ["first": number.map(Value.integer), "last": number.map(Value.integer)]
        let kind = isOutline ? "_outline" : ""
        // The node of a call that was read is there by the time the nodes are.
        let generations = try await collector.rows(.report("generations\(kind)", range))
        let nodes = try await collector.rows(.report("nodes\(kind)", range))
        return Run(workflow: workflow, nodes: nodes, generations: generations)
    }
}
