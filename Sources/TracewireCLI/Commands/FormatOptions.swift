internal import ArgumentParser
internal import Glibc

/// How the answer is written. The same for every command that answers.
struct FormatOptions: ParsableArguments {
    @Option(
        help: """
            How to write the answer: table for people, json (one array), ndjson (one object a line) or csv for programs. \
            Times are local in tables, and milliseconds since 1970 elsewhere.
            """)
    var format = OutputFormat.table

    @Flag(help: "On a terminal, write every column of a table whole, however long its lines become.")
    var wide = false

    /// Read by ``UniversalTime``, before anything is parsed.
    @Flag(name: .customLong("utc"), help: "Read and write times in UTC, not in the machine's time zone.")
    var isUTC = false

    /// Where the answer goes. A wide table is written as if there were no edge to keep within.
    func standardOutput() -> Output {
        var terminal = Terminal.detect(STDOUT_FILENO)
        if wide { terminal.width = nil }
        return Output.standard(terminal)
    }

    /// Calls `body` with where the answer goes; a table that is longer than the terminal is shown a screen at a time.
    func withPagedOutput(_ body: (Output) async throws -> Void) async throws {
        guard format == .table, !wide else {
            let output = standardOutput()
            try await body(output)
            return try output.flush()
        }
        let output = Output.paged()
        do {
            try await body(output)
        } catch {
            // What came before is shown, and why it ended below it.
            try output.finish()
            throw error
        }
        try output.finish()
    }
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

    /// - Throws: `ValidationError` if it is no time at all, which would mean something else to each command.
    func requireTime(for option: String) throws {
        guard milliseconds > 0 else { throw ValidationError("\(option) is longer than 0, such as 30s or 24h") }
    }
}

/// A number of bytes as an argument: `500M`, `20G`.
struct ByteCountArgument: ExpressibleByArgument {
    let bytes: Int64

    init?(argument: String) {
        guard let bytes = ByteCount.parse(argument) else { return nil }
        self.bytes = bytes
    }
}

/// The stretch of time that a command looks at.
struct PeriodOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Only what started since then: so long ago (30m, 24h, 7d, 2w), or at a time (2026-11-22, '2026-11-22 20:40'; "
                + "local, with a Z behind it UTC), or in milliseconds since 1970.",
            valueName: "time"))
    var since: TimeArgument?

    @Option(help: ArgumentHelp("Only what started before then, said as for --since.", valueName: "time"))
    var until: TimeArgument?

    func validate() throws {
        try Self.check(since, until)
    }

    /// - Throws: `ValidationError` if nothing lies between them.
    static func check(_ since: TimeArgument?, _ until: TimeArgument?) throws {
        guard let since, let until, since.milliseconds >= until.milliseconds else { return }
        throw ValidationError("--since is not before --until: nothing lies between them")
    }

    /// What is meant where no start is said: so long before the end, or before now.
    func range(standard length: Int64, now: Int64 = Moment.now()) -> Range<Int64> {
        let end = until?.milliseconds ?? now
        return min(since?.milliseconds ?? end - length, end)..<end
    }

    /// The arguments of a report.
    var arguments: [String: Int64] {
        var arguments: [String: Int64] = [:]
        if let since { arguments["since"] = since.milliseconds }
        if let until { arguments["until"] = until.milliseconds }
        return arguments
    }
}
