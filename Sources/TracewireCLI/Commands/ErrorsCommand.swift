internal import ArgumentParser
internal import TracewireProtocol

/// `tracewire errors`
struct ErrorsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "errors",
        abstract: "Groups failures by what failed and by what their messages have in common.",
        discussion: """
            Failed nodes, and calls with an error, the most frequent first, with the newest run as an example. Messages that \
            differ in numbers and identifiers alone are of one kind; those are shown as #.

              tracewire errors --since 24h
              tracewire errors --since 7d --format csv
            """)

    @OptionGroup var period: PeriodOptions

    @Option(help: "At most so many kinds; 1 to 10,000.")
    var limit: Int64 = 50

    @OptionGroup var connection: ConnectionOptions
    @OptionGroup var format: FormatOptions

    func validate() throws {
        guard 1...ListOutput.largestLimit ~= limit else { throw ValidationError("--limit is 1 to 10,000") }
    }

    func run() async throws {
        var listed: ListOutput?
        try await format.withPagedOutput { output in
            let list = ListOutput(format.format.output(to: output, view: Self.view), limit: limit)
            listed = list
            var arguments: [String: Value?] = ["limit": .integer(list.asked)]
            for (key, value) in period.arguments { arguments[key] = .integer(value) }
            let request = Query.Request.report("errors", arguments)
            try await connection.withCollector { collector in
                let reading = ReadingPastDamage(collector)
                try await reading.write(request, to: list)
                try output.flush()
                try reading.finish()
            }
        }
        listed?.note("--limit allows more", first: "most frequent")
    }

    private static let view = TableView(
        [
            .column("failures", "FAILURES"), .column("workflows", "RUNS", rank: 2), .column("kind", "KIND", rank: 3),
            .column("name", "IN", narrowest: 16), .column("first_at", "FIRST", .time, rank: 4),
            .column("last_at", "LAST", .time, rank: 1),
            .column("example", "EXAMPLE"), .column("message", "MESSAGE", narrowest: 36),
        ], empty: "no failures")
}
