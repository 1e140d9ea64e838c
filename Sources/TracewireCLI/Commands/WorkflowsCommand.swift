internal import ArgumentParser
internal import TracewireProtocol

/// `tracewire workflows`
struct WorkflowsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "workflows",
        abstract: "Lists workflows, newest first.",
        discussion: """
            All filters must hold. A running workflow shows when the collector last heard of it.

              tracewire workflows --status failed --since 7d
              tracewire workflows --user user00042 --search 홍대 --format json
            """)

    @Option(help: "Only workflows of that status: running, completed, failed or cancelled.")
    var status: WorkflowStatus?

    @Option(help: "Only workflows of that user.")
    var user: String?

    @Option(help: "Only workflows of that name.")
    var name: String?

    @OptionGroup var period: PeriodOptions

    @Option(help: "Only workflows whose name or input contains that text.")
    var search: String?

    @Option(help: "At most so many; 1 to 10,000.")
    var limit: Int64 = 50

    @OptionGroup var connection: ConnectionOptions
    @OptionGroup var format: FormatOptions

    enum WorkflowStatus: String, CaseIterable, ExpressibleByArgument {
        case running, completed, failed, cancelled
    }

    func validate() throws {
        guard 1...ListOutput.largestLimit ~= limit else { throw ValidationError("--limit is 1 to 10,000") }
    }

    func run() async throws {
        let output = format.standardOutput()
        let list = ListOutput(format.format.output(to: output, view: Self.view), limit: limit)
        try await connection.withCollector { try await $0.write(request(list.asked), to: list) }
        try output.flush()
        list.note("--limit allows more, --until older ones")
    }

    private func request(_ limit: Int64) -> Query.Request {
        var arguments: [String: Value?] = [
            "status": status.map { .text($0.rawValue) }, "user": user.map(Value.text), "name": name.map(Value.text),
            "search": search.map(Value.text), "limit": .integer(limit),
        ]
        for (key, value) in period.arguments { arguments[key] = .integer(value) }
        return .report("workflows", arguments)
    }

    /// What the table shows of the report.
    static let view = TableView(
        [
            .column("id", "ID"), .column("created_at", "STARTED", .time), .column("status", "STATUS", .status),
            .column("name", "NAME"), .column("user", "USER"), .column("duration_ms", "DURATION", .duration),
            .column("total_tokens", "TOKENS", rank: 1), .column("nodes", "NODES", rank: 2),
            .column("failed_nodes", "FAILED"), .column("generations", "CALLS", rank: 3), silence,
        ], empty: "no workflows")

    /// Since when nothing was heard of a workflow that has not ended.
    private static let silence = TableView.Item(title: "SILENT SINCE", rank: 4) { row in
        row.status() == .running ? Cell(row["last_heard_at"], .time) : .empty
    }
}
