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

            --by draws, row by row, how many workflows, executions or calls there were in each hour or day, from nothing to \
            the row's own highest. json, ndjson and csv have a row for each period in which there was something, with all \
            figures; "period" is when it began. Days are UTC. Without --since it is about the last 24 hours or 30 days, and \
            it may be about 744 hours or 731 days at most.

              tracewire stats nodes --since 7d
              tracewire stats users --by day
              tracewire stats models --format csv > models.csv
            """)

    enum Subject: String, CaseIterable, ExpressibleByArgument {
        case users, nodes, models
    }

    @Argument(help: "What to report on: users, nodes or models.")
    var subject: Subject

    @Option(help: "Draw counts over time, by hour or day.")
    var by: Series.Unit?

    @OptionGroup var period: PeriodOptions
    @OptionGroup var connection: ConnectionOptions
    @OptionGroup var format: FormatOptions

    func run() async throws {
        let output = format.standardOutput()
        try await connection.withCollector { collector in
            if let by { return try await write(by, from: collector, to: output) }
            try await collector.write(
                Self.request(subject, period.arguments), to: format.format.output(to: output, view: subject.view))
        }
        try output.flush()
    }

    private func write(_ unit: Series.Unit, from collector: RemoteCollector, to output: Output) async throws {
        let range = period.range(standard: unit.standardLength)
        var series = Series(
            range, by: unit, keys: subject.keys, column: subject.counted,
            width: output.terminal.width.map { $0 * Self.sparklineEighths / 8 })
        let period = ["since": series.range.lowerBound, "until": series.range.upperBound]
        var arguments: [String: Value?] = period.mapValues { .integer($0) }
        arguments["by"] = .text(unit.rawValue)
        let request = Query.Request.report("stats_\(subject.rawValue)_by", arguments)
        guard format.format == .table else {
            return try await collector.write(request, to: format.format.output(to: output, view: .everything))
        }
        var columns = AnswerColumns([])
        try await collector.ask(
            request, limits: QuestionLimits(), columns: { columns = $0 }, row: { series.add(AnswerRow(columns, $0)) })
        try await collector.write(
            Self.request(subject, period), to: TableOutput(output, view: subject.view(drawing: series)))
        for line in TerminalText.wrapped(Self.legend(series, subject), to: output.terminal.width) {
            try output.line(output.terminal.styled(line, .dim))
        }
    }

    /// How much of a terminal's width bars may take.
    private static let sparklineEighths = 3

    private static func legend(_ series: Series, _ subject: Subject) -> String {
        let unit = series.unit.rawValue
        let length = series.periodsPerBar == 1 ? "a bar is one \(unit)" : "a bar is \(series.periodsPerBar) \(unit)s"
        let (start, end) = (series.range.lowerBound, series.range.upperBound)
        let range =
            series.unit == .day
            ? "\(Moment.day(start)) to \(Moment.day(end - 1)), days are UTC"
            : "\(Moment.local(start)) to \(Moment.local(end))"
        return "BY \(unit.uppercased()): \(subject.counted), \(range); \(length), a whole one the row's highest"
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

    /// The same with bars behind what is counted.
    func view(drawing series: Series) -> TableView {
        var items = view.items(for: AnswerColumns([]))
        let bars = TableView.Item(title: "BY \(series.unit.rawValue.uppercased())") { row in
            var cell = Cell(series.sparkline(of: row))
            cell.isWhole = true
            return cell
        }
        items.insert(bars, at: keys.count + 1)
        return TableView(items, empty: view.emptySentence ?? "")
    }

    /// The columns that tell a row from others, which the table begins with.
    var keys: [String] {
        switch self {
        case .users: ["username"]
        case .nodes: ["node_name", "node_type"]
        case .models: ["model_name", "model_provider"]
        }
    }

    /// What is drawn over time; it stands behind the keys.
    var counted: String {
        switch self {
        case .users: "workflows"
        case .nodes: "executions"
        case .models: "calls"
        }
    }

    private static let usersView = TableView(
        [
            .column("username", "USER"), .column("workflows", "WORKFLOWS"), .column("completed", "COMPLETED", rank: 2),
            .column("failed", "FAILED"), .column("cancelled", "CANCELLED", rank: 4),
            .column("running", "RUNNING", rank: 3), .column("success_rate", "SUCCESS", .share),
            .column("avg_duration_ms", "AVERAGE", .duration), .column("p50_duration_ms", "P50", .duration, rank: 5),
            .column("p95_duration_ms", "P95", .duration), .column("p99_duration_ms", "P99", .duration, rank: 5),
            .column("calls", "CALLS", rank: 1), .share("errors", of: "calls", "CALL ERRORS", rank: 5),
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
            .column("max_duration_ms", "LONGEST", .duration, rank: 2),
            .column("calls", "CALLS", rank: 2), .column("total_tokens", "TOKENS", rank: 1),
        ], empty: "no nodes that started or called a model")

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

extension Series.Unit: ExpressibleByArgument {}
