internal import ArgumentParser
internal import TracewireProtocol

/// `tracewire cost`
struct CostCommand: AsyncParsableCommand {
    static let standardDays: Int64 = 30

    static let configuration = CommandConfiguration(
        commandName: "cost",
        abstract: "What calls of models cost, by model, user, workflow name or day.",
        discussion: """
            Tokens of the calls of the last \(standardDays) days, or of the time that --since and --until name, times the prices of \
            their days. The program knows list prices of some models; your own go before them. They are read from the file \
            that --prices names, else TRACEWIRE_PRICES, else ~/.config/tracewire/prices.toml:

              [[price]]
              model = "our-model"    # our-* is all names that begin like this
              provider = "us"        # may be left out
              currency = "USD"
              input = 1.00           # for a million tokens
              cached_input = 0.25    # may be left out: the same as input
              output = 4.00
              from = 2026-01-01      # its first day (UTC); may be left out

            --default-prices prints the list prices, where they are from, and which row fits a call if several do.

            A model without a price is listed, and not in the sum; so are calls without token counts. INPUT is what of the \
            prompts did not come from a cache. How much did is read from a call's metadata, be it there or in its member \
            usage: cached_tokens, cache_read_input_tokens, prompt_tokens_details.cached_tokens, \
            input_tokens_details.cached_tokens or input_token_details.cache_read. It is taken for a part of prompt_tokens, \
            unless it is more than they are.

            The collector reads every call of the period: a second or three for a million. Amounts are exact, and rounded in \
            tables only; currencies are never added.

              tracewire cost
              tracewire cost --by day --since 2026-11-01 --until 2026-12-01 --utc
              tracewire cost --by user --model gpt-4o --format csv > users.csv
            """)

    @Option(help: "What to group by: model, user, name (of the workflow) or day (UTC).")
    var by = CostReport.Grouping.model

    @OptionGroup var period: PeriodOptions

    @Option(help: "Only calls in workflows of that user.")
    var user: String?

    @Option(help: "Only calls in workflows of that name.")
    var name: String?

    @Option(help: "Only calls of that model.")
    var model: String?

    @Option(
        help: ArgumentHelp("A file of your own prices.", valueName: "file"), completion: .file(extensions: ["toml"]))
    var prices: String?

    @Flag(help: "Print the prices that the program knows, as a file like your own.")
    var defaultPrices = false

    @OptionGroup var connection: ConnectionOptions
    @OptionGroup var format: FormatOptions

    func run() async throws {
        guard !defaultPrices else { return try printDefaultPrices() }
        // Before anybody is asked: a mistake in the file is found at once.
        let files = try PriceFiles(named: prices)
        let range = period.range(standard: Self.standardDays * Price.millisecondsInDay)
        let report = try await report(files, range)
        let foot = CostFoot(
            report: report, files: files, period: range, isStandardPeriod: period.since == nil && period.until == nil)
        try await format.withPagedOutput { output in
            guard format.format == .table else {
                return try CostOutput(report).write(to: format.format.output(to: output, view: .everything))
            }
            try CostOutput(report).writeTable(to: output)
            try foot.write(to: output)
        }
        if format.format != .table { foot.gaps.forEach(Diagnostics.note) }
    }

    private func report(_ files: PriceFiles, _ range: Range<Int64>) async throws -> CostReport {
        var report = CostReport(by, files.table)
        let filters: [String: Value?] = [
            "since": .integer(range.lowerBound), "until": .integer(range.upperBound), "user": user.map(Value.text),
            "name": name.map(Value.text), "model": model.map(Value.text),
        ]
        try await connection.withCollector { collector in
            var columns = AnswerColumns([])
            try await collector.ask(
                CostReport.request(by, filters), limits: QuestionLimits(), columns: { columns = $0 },
                row: { report.add(AnswerRow(columns, $0)) })
        }
        return report
    }

    private func printDefaultPrices() throws {
        let output = format.standardOutput()
        try output.write(PriceFiles.standardText)
        try output.flush()
    }
}

extension CostReport.Grouping: ExpressibleByArgument {}
