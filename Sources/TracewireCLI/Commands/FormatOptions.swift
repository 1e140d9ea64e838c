internal import ArgumentParser

/// How the answer is written. The same for every command that answers.
struct FormatOptions: ParsableArguments {
    @Option(
        help: """
            How to write the answer: table for people, json (one array), ndjson (one object a line) or csv for programs. \
            Times are local in tables, and milliseconds since 1970 elsewhere.
            """)
    var format = OutputFormat.table
}

extension OutputFormat: ExpressibleByArgument {}

/// A point in time as an argument.
struct TimeArgument: ExpressibleByArgument {
    let milliseconds: Int64

    init?(argument: String) {
        guard let milliseconds = Moment.parse(argument) else { return nil }
        self.milliseconds = milliseconds
    }
}

/// A length of time as an argument.
struct DurationArgument: ExpressibleByArgument {
    let milliseconds: Int64

    var defaultValueDescription: String { "\(milliseconds / 1000)s" }

    init(milliseconds: Int64) {
        self.milliseconds = milliseconds
    }

    init?(argument: String) {
        guard let milliseconds = Moment.Span.parse(argument) else { return nil }
        self.milliseconds = milliseconds
    }
}

/// The stretch of time that a command looks at.
struct PeriodOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Only what started since then: 30m, 24h, 7d, 2w ago, or 2026-11-22, '2026-11-22 20:40' (local time; Z for UTC).",
            valueName: "time"))
    var since: TimeArgument?

    @Option(help: ArgumentHelp("Only what started before then, said as for --since.", valueName: "time"))
    var until: TimeArgument?

    /// The arguments of a report.
    var arguments: [String: Int64] {
        var arguments: [String: Int64] = [:]
        if let since { arguments["since"] = since.milliseconds }
        if let until { arguments["until"] = until.milliseconds }
        return arguments
    }
}
