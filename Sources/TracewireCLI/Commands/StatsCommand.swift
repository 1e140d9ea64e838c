internal import ArgumentParser
internal import TracewireProtocol

/// `tracewire stats`
struct StatsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "stats",
        abstract: "Reports over users, nodes or models.",
        discussion: """
            users: workflows, how they ended, how long the completed ones took, calls and tokens. nodes: executions and how \
            long the completed ones took. models: calls, errors, latency and tokens. Percentiles are within 1 %, and \
            --since and --until are widened to whole hours (UTC).

              tracewire stats nodes --since 7d
              tracewire stats models --format csv > models.csv
            """)

    enum Subject: String, CaseIterable, ExpressibleByArgument {
        case users, nodes, models
    }

    @Argument(help: "What to report on.")
    var subject: Subject

    @OptionGroup var period: PeriodOptions
    @OptionGroup var connection: ConnectionOptions
    @OptionGroup var format: FormatOptions

    func run() async throws {
        let output = format.standardOutput()
        try await connection.withCollector { collector in
            try await collector.write(
                Self.request(subject, period.arguments), to: format.format.output(to: output, view: subject.view))
        }
        try output.flush()
    }

    static func request(_ subject: Subject, _ arguments: [String: Int64] = [:]) -> Query.Request {
        .report("stats_\(subject.rawValue)", arguments.mapValues { .integer($0) })
    }
}

extension StatsCommand.Subject {
    /// What the table shows of the report.
    var view: TableView {
        switch self {
        case .users: Self.usersView
        case .nodes: Self.nodesView
        case .models: Self.modelsView
        }
    }

    private static let usersView = TableView(
        [
            .column("username", "USER"), .column("workflows", "WORKFLOWS"), .column("completed", "COMPLETED", rank: 2),
            .column("failed", "FAILED"), .column("cancelled", "CANCELLED", rank: 4),
            .column("running", "RUNNING", rank: 3), .column("success_rate", "SUCCESS", .share),
            .column("avg_duration_ms", "AVERAGE", .duration), .column("p50_duration_ms", "P50", .duration, rank: 5),
            .column("p95_duration_ms", "P95", .duration), .column("calls", "CALLS", rank: 1),
            .column("total_tokens", "TOKENS"),
        ], empty: "no workflows")

    private static let nodesView = TableView(
        [
            .column("node_name", "NODE"), .column("node_type", "TYPE"), .column("executions", "EXECUTIONS"),
            .column("failed", "FAILED"), .share("failed", of: "executions", "ERROR RATE", rank: 2),
            .column("avg_duration_ms", "AVERAGE", .duration),
            .column("min_duration_ms", "SHORTEST", .duration, rank: 4),
            .column("p50_duration_ms", "P50", .duration, rank: 2),
            .column("p90_duration_ms", "P90", .duration, rank: 3), .column("p95_duration_ms", "P95", .duration),
            .column("p99_duration_ms", "P99", .duration, rank: 3),
            .column("max_duration_ms", "LONGEST", .duration, rank: 1),
        ], empty: "no nodes that started")

    private static let modelsView = TableView(
        [
            .column("model_name", "MODEL"), .column("model_provider", "PROVIDER", rank: 3), .column("calls", "CALLS"),
            .column("errors", "ERRORS"), .share("errors", of: "calls", "ERROR RATE", rank: 2),
            .column("avg_latency_ms", "AVERAGE", .duration),
            .column("p50_latency_ms", "P50", .duration, rank: 4), .column("p95_latency_ms", "P95", .duration, rank: 1),
            .column("p99_latency_ms", "P99", .duration, rank: 5),
            .column("prompt_tokens", "TOKENS IN", rank: 2), .column("completion_tokens", "TOKENS OUT", rank: 2),
            .column("total_tokens", "TOKENS"),
        ], empty: "no calls of models")
}
