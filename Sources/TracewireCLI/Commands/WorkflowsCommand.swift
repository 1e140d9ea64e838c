internal import ArgumentParser
internal import TracewireProtocol

/// `tracewire workflows`
struct WorkflowsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "workflows",
        abstract: "Lists workflows, newest first.",
        discussion: """
            All filters must hold. A running workflow shows when the collector last heard of it. On a terminal with a \
            pager the list goes on for as long as somebody reads; elsewhere it ends after 50, unless --limit says \
            otherwise. Below it stands how many of those that are listed have each status.

              tracewire workflows --status failed --since 7d
              tracewire workflows --model gpt-4o --min-duration 30s --tag vip
              tracewire workflows --error 'rate limit' --relative
              tracewire workflows --user user00042 --search 홍대 --format json
            """)

    @Option(help: "Only workflows of that status: running, completed, failed or cancelled.")
    var status: WorkflowStatus?

    @OptionGroup var workflows: WorkflowFilterOptions

    @OptionGroup var period: PeriodOptions

    @Option(help: ArgumentHelp("Only workflows that took at least so long: 500ms, 30s, 5m.", valueName: "time"))
    var minDuration: DurationArgument?

    @Option(help: "Only workflows that called that model.")
    var model: String?

    @Option(
        help: ArgumentHelp(
            "Only workflows in whose error, or in that of a node or call, that text is; A to Z are a to z.",
            valueName: "text"))
    var error: String?

    @Option(help: "At most so many; 1 to 10,000. 50 where there is no pager.")
    var limit: Int64?

    @Flag(help: "In a table, write how long ago, in place of when.")
    var relative = false

    @OptionGroup var connection: ConnectionOptions
    @OptionGroup var format: FormatOptions

    enum WorkflowStatus: String, CaseIterable, ExpressibleByArgument {
        case running, completed, failed, cancelled
    }

    func validate() throws {
        guard limit.map({ 1...ListOutput.largestLimit ~= $0 }) ?? true else {
            throw ValidationError("--limit is 1 to 10,000")
        }
    }

    func run() async throws {
        var isCut = false
        try await format.withPagedOutput { output in
            let limit = limit ?? (output.isPaged ? nil : Self.unpagedLimit)
            let view = Self.view(relative ? .age : .time)
            let list = WorkflowList(format.format.output(to: output, view: view), output, limit: limit)
            try await connection.withCollector { try await list.write(filters, from: $0) }
            if format.format == .table, output.terminal.isTerminal { try list.writeFoot() }
            isCut = list.isCut
        }
        if isCut {
            let count = Plural.of(Int(limit ?? Self.unpagedLimit), "row")
            Diagnostics.note("the newest \(count) of more: --limit allows more, --until older ones")
        }
    }

    private static let unpagedLimit: Int64 = 50

    private var filters: [String: Value?] {
        var arguments: [String: Value?] = [
            "status": status.map { .text($0.rawValue) }, "model": model.map(Value.text), "error": error.map(Value.text),
            "min_duration": minDuration.map { .integer($0.milliseconds) },
        ]
        for (key, value) in period.arguments { arguments[key] = .integer(value) }
        for (key, value) in workflows.filters { arguments[key] = value }
        return arguments
    }

    /// What the table shows of the report.
    static func view(_ time: Cell.Format = .time) -> TableView {
        TableView(
            [
                .column("id", "ID"), .column("created_at", "STARTED", time), .column("status", "STATUS", .status),
                .column("name", "NAME"), .column("user", "USER"), .column("duration_ms", "DURATION", .duration),
                .column("total_tokens", "TOKENS", rank: 1), .column("nodes", "NODES", rank: 2),
                .column("failed_nodes", "FAILED"), .column("generations", "CALLS", rank: 3), silence(time),
            ], empty: "no workflows")
    }

    /// Since when nothing was heard of a workflow that has not ended.
    private static func silence(_ time: Cell.Format) -> TableView.Item {
        TableView.Item(title: "SILENT SINCE", rank: 4) { row in
            row.status() == .running ? Cell(row["last_heard_at"], time) : .empty
        }
    }
}
