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
            hold. A collector that is restarted is waited for, and nothing is left out or shown twice. ndjson and csv say \
            each event's position; --after goes on behind one.

              tracewire tail
              tracewire tail --name date-planner --status failed
              tracewire tail --after 1048576 --format ndjson
            """)

    @Option(name: [.customShort("n"), .long], help: "Begin with so many of the last events; 0 to 10,000.")
    var last: Int64 = 10

    @Option(help: ArgumentHelp("Begin behind the event with that position.", valueName: "position"))
    var after: Int64?

    @Option(help: "End after so many events.")
    var limit: Int64?

    @Option(help: "Only what reaches that status: pending, running, completed, failed, cancelled or skipped.")
    var status: EventStatus?

    @Option(help: "Only events of workflows of that user.")
    var user: String?

    @Option(help: "Only events of workflows of that name.")
    var name: String?

    @Option(help: "Only events of workflows that have that tag.")
    var tag: String?

    @Option(help: "Only calls of that model.")
    var model: String?

    @Option(help: ArgumentHelp("Only failures in whose message that text is; A to Z are a to z.", valueName: "text"))
    var error: String?

    @Option(help: "Only events of workflows whose name or input contains that text.")
    var search: String?

    @Option(help: ArgumentHelp("Only ends of what took at least so long: 500ms, 30s, 5m.", valueName: "time"))
    var minDuration: DurationArgument?

    @OptionGroup var connection: ConnectionOptions
    @OptionGroup var format: FormatOptions

    enum EventStatus: String, CaseIterable, ExpressibleByArgument {
        case pending, running, completed, failed, cancelled, skipped
    }

    func validate() throws {
        guard 0...ListOutput.largestLimit ~= last else { throw ValidationError("--last is 0 to 10,000") }
        guard after.map({ $0 >= 0 }) ?? true else { throw ValidationError("--after is the position of an event, or 0") }
        guard limit.map({ $0 > 0 }) ?? true else { throw ValidationError("--limit is 1 or more") }
    }

    func run() async throws {
        let tail = Tail(format.format, format.standardOutput(), limit: limit)
        let (address, token) = (try connection.address(), connection.effectiveToken())
        try await Interruption.ending {
            var following = EventFollowing(
                address, token: token, filters: filters, columns: tail.begin, notice: tail.notice, events: tail.take)
            try await following.run(from: after.map { .position($0) } ?? .last(last))
        }
        try tail.end()
    }

    private var filters: [String: Value?] {
        [
            "status": status.map { .text($0.rawValue) }, "user": user.map(Value.text), "name": name.map(Value.text),
            "tag": tag.map(Value.text), "model": model.map(Value.text), "error": error.map(Value.text),
            "search": search.map(Value.text), "min_duration": minDuration.map { .integer($0.milliseconds) },
        ]
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
