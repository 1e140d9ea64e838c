internal import ArgumentParser
internal import TracewireProtocol

/// `tracewire show`
struct ShowCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show",
        abstract: "Shows one run: its nodes and calls as a tree, where the time went, tokens and errors.",
        discussion: """
            The run is named by its number, its UUID, or the first digits of its UUID if no other run begins with them. \
            json and ndjson hold the whole run as one object, every payload included, or the nodes and calls that are chosen, \
            an object each; csv one line a node and call, without payloads.

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
            let (address, access) = (try await connection.address(), try connection.access())
            let terminal = format.format == .table ? format.standardOutput().terminal : nil
            try await Interruption.ending { [id] in
                let screen = terminal.map { LiveScreen(.standard($0)) }
                try await RunFollowing(id, address, access: access, screen: screen).run()
            }
        }
        try await show()
    }

    private func show() async throws {
        try await connection.withCollector { collector in
            let reading = ReadingPastDamage(collector)
            let run = try await Self.load(id, from: reading)
            let chosen = try chosen(of: run)
            let values = RunValues(collector: reading, workflow: run.workflow)
            try await format.withPagedOutput { output in
                switch format.format {
                case .table: try await print(run, chosen, values, output)
                case .csv:
                    let all = Run.items(run.nodes) + run.ownGenerations.map { .call($0) }
                    try RunTable.write(chosen == nil ? run.workflow : nil, chosen?.all ?? all, to: CSVOutput(output))
                case .json, .ndjson:
                    if let chosen {
                        try await write(chosen, values, output)
                    } else {
                        try await write(run, values, output)
                    }
                }
            }
            try reading.finish()
        }
    }

    /// What of a run is wanted.
    private struct Chosen {
        /// With their calls.
        let nodes: [RunValues.Item]
        let calls: [RunValues.Item]

        var all: [RunValues.Item] { nodes + calls }
    }

    /// `nil` for the whole run.
    private func chosen(of run: Run) throws -> Chosen? {
        guard node != nil || generation != nil else { return nil }
        let nodes = try node.map { try run.nodes(named: $0) } ?? []
        let call = try generation.map { try run.generation(named: $0) }
        return Chosen(nodes: Run.items(nodes), calls: call.map { [.call($0)] } ?? [])
    }

    private func print(
        _ run: Run, _ chosen: Chosen?, _ values: RunValues, _ output: Output
    ) async throws {
        var printer = PayloadPrinter(output: output)
        if let chosen { return try await values.read(chosen.all) { try printer.print($0) } }
        try RunPrinter(run, output: output, folds: output.terminal.isTerminal && !all).print()
        guard payloads else { return }
        try printer.print(workflow: run.workflow)
        try await values.read(Run.items(run.nodes) + run.ownGenerations.map { .call($0) }) { try printer.print($0) }
    }

    private func write(_ run: Run, _ values: RunValues, _ output: Output) async throws {
        var object = RunObject(output)
        try object.begin(run.workflow)
        try await values.read(Run.items(run.nodes)) { try object.item($0) }
        try object.endNodes()
        try await values.read(run.ownGenerations.map { .call($0) }) { try object.item($0) }
        try object.end()
    }

    private func write(_ chosen: Chosen, _ values: RunValues, _ output: Output) async throws {
        let isArray = format.format == .json
        var elements = RunElements(separator: isArray ? ",\n" : "\n")
        if isArray { try output.write("[\n") }
        try await values.read(chosen.nodes) { try elements.item($0, to: output) }
        try elements.end(to: output)
        try await values.read(chosen.calls) { try elements.item($0, to: output) }
        try output.write(isArray ? "\n]\n" : "\n")
    }

    /// A run without the large values of its nodes and calls.
    static func load(_ id: String, from collector: any Answering) async throws -> Run {
        let workflow = try await RunName(id).workflow(from: collector)
        let number = workflow.integer("id").map(Value.integer)
        // The node of a call that was read is there by the time the nodes are.
        let generations = try await collector.rows(.report("generations_outline", ["first": number, "last": number]))
        let nodes = try await collector.rows(.report("nodes_outline", ["first": number, "last": number]))
        return Run(workflow: workflow, nodes: nodes, generations: generations)
    }
}
