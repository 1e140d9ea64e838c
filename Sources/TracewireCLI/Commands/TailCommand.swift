internal import ArgumentParser
internal import Tracewire
internal import TracewireProtocol

/// `tracewire tail`
struct TailCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tail",
        abstract: "Shows what happens, as it is committed, until it is interrupted.",
        discussion: """
            A line an event: workflows and nodes as they begin and end, calls of models, rejected records. All filters must \
            hold; those of workflows choose the ones whose events are shown. A collector that is restarted is waited for, and \
            nothing is left out or shown twice. ndjson and csv say each event's position; --after goes on behind one.

              tracewire tail
              tracewire tail --name date-planner --status failed
              tracewire tail --since 10m --until '2026-11-22 21:00'
              tracewire tail --after 1048576 --format ndjson
            """)

    @Option(
        name: [.customShort("n"), .long],
        help:
            "Begin with so many of the last events that pass the filters; 0 to 10,000. 10 without --since and --after.")
    var last: Int64?

    @Option(help: ArgumentHelp("Begin behind the event with that position.", valueName: "position"))
    var after: Int64?

    @Option(help: "End after so many events.")
    var limit: Int64?

    @Option(help: "Only what reaches that status: pending, running, completed, failed, cancelled or skipped.")
    var status: EventStatus?

    @Option(
        help: ArgumentHelp(
            "Only what happened since then: so long ago (30m, 24h, 7d), or at a time (2026-11-22, '2026-11-22 20:40'; local, with "
                + "a Z behind it UTC). All that the collector still has of it is shown first.",
            valueName: "time"))
    var since: TimeArgument?

    @Option(
        help: ArgumentHelp(
            "Only what happened before then, said as for --since; ends when it is then.", valueName: "time"))
    var until: TimeArgument?

    @OptionGroup var workflows: WorkflowFilterOptions

    @Option(help: "Only calls of that model.")
    var model: String?

    @Option(help: ArgumentHelp("Only failures in whose message that text is; A to Z are a to z.", valueName: "text"))
    var error: String?

    @Option(help: ArgumentHelp("Only ends of what took at least so long: 500ms, 30s, 5m.", valueName: "time"))
    var minDuration: DurationArgument?

    @OptionGroup var connection: ConnectionOptions
    @OptionGroup var format: FormatOptions

    enum EventStatus: String, CaseIterable, ExpressibleByArgument {
        case pending, running, completed, failed, cancelled, skipped
    }

    func validate() throws {
        guard last.map({ 0...ListOutput.largestLimit ~= $0 }) ?? true else {
            throw ValidationError("--last is 0 to 10,000")
        }
        guard after.map({ $0 >= 0 }) ?? true else { throw ValidationError("--after is the position of an event, or 0") }
        try PeriodOptions.check(since, until)
        guard limit.map({ $0 > 0 }) ?? true else { throw ValidationError("--limit is 1 or more") }
    }

    func run() async throws {
        let tail = Tail(format.format, format.standardOutput(), limit: limit)
        let (address, access) = (try await connection.address(), try connection.access())
        try await Interruption.ending {
            var following = EventFollowing(
                address, access: access, filters: filters, end: until?.milliseconds, columns: tail.begin,
                notice: tail.notice,
                events: tail.take)
            try await following.run(from: start)
        }
        try tail.end()
    }

    private var start: EventFollowing.Start {
        if let after { return .position(after) }
        if let last { return .last(last) }
        return since == nil ? .last(Self.standardLast) : .oldest
    }

    private static let standardLast: Int64 = 10

    private var filters: [String: Value?] {
        let own: [String: Value?] = [
            "status": status.map { .text($0.rawValue) }, "since": since.map { .integer($0.milliseconds) },
            "until": until.map { .integer($0.milliseconds) }, "model": model.map(Value.text),
            "error": error.map(Value.text),
            "min_duration": minDuration.map { .integer($0.milliseconds) },
        ]
        return own.merging(workflows.filters) { own, _ in own }
    }
}

/// Events on their way to the standard output, each as soon as it is there.
///
/// `@unchecked Sendable`: used by one task, and after it has ended.
private final class Tail: @unchecked Sendable {
    private let output: Output
    /// `nil` for lines for people.
    private var rows: (any RowOutput)?
    private var rest: Int64?
    private var hasBegun = false

    init(_ format: OutputFormat, _ output: Output, limit: Int64?) {
        self.output = output
        rest = limit
        rows = format == .table ? nil : format.output(to: output, view: TableView([], empty: ""))
    }

    func begin(_ columns: AnswerColumns) throws {
        guard !hasBegun else { return }
        hasBegun = true
        try rows?.begin(columns)
    }

    /// Returns whether more is wanted.
    func take(_ events: [AnswerRow]) throws -> Bool {
        for event in events where rest != 0 {
            if rows != nil { try rows?.row(event.values) } else { try print(event) }
            rest = rest.map { $0 - 1 }
        }
        try output.flush()
        return rest != 0
    }

    private func print(_ event: AnswerRow) throws {
        try output.line(TailLine(row: event, terminal: output.terminal).text)
    }

    func end() throws {
        if hasBegun { try rows?.end() }
        try output.flush()
    }

    func notice(_ notice: EventFollowing.Notice) {
        switch notice {
        case .collectorAway: Diagnostics.note("the collector has gone; waiting for it")
        case .collectorBack: Diagnostics.note("the collector is back")
        case .otherDatabase:
            Diagnostics.note(
                "the collector has another database now, or an earlier state of it; this is from its beginning on")
        case .damaged: Diagnostics.note("some values are damaged and are left out; 'tracewire check' names them")
        case .missed(let count):
            Diagnostics.note(
                "\(Plural.of(Int(count), "event")) were removed before they were read; 'tracewire workflows --since' "
                    + "lists the runs")
        }
    }
}
