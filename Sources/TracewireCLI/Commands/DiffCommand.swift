internal import ArgumentParser
internal import TracewireProtocol

/// `tracewire diff`
struct DiffCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "diff",
        abstract: "Shows what each node of a run changed in the state, or where two runs part.",
        discussion: """
            With one run: the state after each node, compared with the last one before it; nodes of one order ran side by side, \
            and are compared with what came before them all. Elements of arrays are told apart \
            by their id, uuid, key or name where all have one, and by their places elsewhere; texts are compared by words.

            With two runs: their nodes, matched by name, compared in status, input, calls, output, state and errors. The first \
            node that differs is named, be it in one run only, and the first that both have is shown with all that differs in \
            it; of the others it is said what differs.

            json, ndjson and csv have a line for each change, with `op`, `path` and `value` as in a JSON Patch (RFC 6902).

              tracewire diff 12
              tracewire diff 12 --node search --format ndjson
              tracewire diff 12 15
            """)

    @Argument(help: "The run: a number, a UUID or the beginning of one.")
    var id: String

    @Argument(help: "Another run, to compare it with.")
    var other: String?

    @Option(help: ArgumentHelp("Only nodes of that name, or at that place in the order.", valueName: "name"))
    var node: String?

    @Flag(help: "Print every change, however many there are; of two runs, all that differs in every node.")
    var all = false

    @OptionGroup var connection: ConnectionOptions
    @OptionGroup var format: FormatOptions

    func validate() throws {
        guard !id.isEmpty, other != "" else { throw RunName.emptyFault }
    }

    func run() async throws {
        try await connection.withCollector { collector in
            let run = try await RunName(id).workflow(from: collector)
            var second: AnswerRow?
            if let other { second = try await RunName(other).workflow(from: collector) }
            let found = second
            try await format.withPagedOutput { output in
                if let found {
                    try await compare(run, found, collector, output)
                } else {
                    try await compareStates(of: run, collector, output)
                }
            }
        }
    }

    private func compareStates(of run: AnswerRow, _ collector: any Answering, _ output: Output) async throws {
        var changes: any StateChangeOutput =
            format.format == .table
            ? StateChangeText(ChangePrinter(output: output, showsAll: all))
            : StateChangeRows(format.format.output(to: output, view: .everything))
        var difference = StateDifference()
        var found = false
        try changes.begin(run)
        // Whoever turns pages may take long for one: a query would not wait for that.
        try await RunParts(collector: collector, workflow: run).readNodes { rows in
            for row in rows {
                let change = difference.next(row.text("state_data"), order: row.integer("execution_order"))
                guard isWanted(row) else { continue }
                found = true
                try changes.node(row, change)
            }
        }
        try changes.end()
        if !found, let node { throw Run.missing(node: node) }
    }

    private func compare(
        _ first: AnswerRow, _ second: AnswerRow, _ collector: any Answering, _ output: Output
    ) async throws {
        var differences: any RunDifferenceOutput =
            format.format == .table
            ? RunDifferenceText(ChangePrinter(output: output, showsAll: all))
            : RunDifferenceRows(format.format.output(to: output, view: .everything))
        try differences.begin(first, second, FieldDifferences.between(runs: first, second))
        var found = false
        try await RunComparison(collector: collector).compare(first, second) { node in
            guard [node.first, node.second].contains(where: { $0.map(isWanted) ?? false }) else { return }
            found = true
            try differences.node(node)
        }
        try differences.end()
        if !found, let node { throw Run.missing(node: node) }
    }

    private func isWanted(_ row: AnswerRow) -> Bool {
        node.map { Run.is(row, named: $0) } ?? true
    }
}
