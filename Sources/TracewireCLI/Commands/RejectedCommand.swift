internal import ArgumentParser
internal import TracewireProtocol

/// `tracewire rejected`
struct RejectedCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rejected",
        abstract: "The records that the collector did not accept: list, show, retry, discard.",
        discussion: """
            A rejected record is kept whole until somebody discards it, or retries it and it is accepted. Parked records \
            wait for a parent that has not arrived; they are applied by themselves when it comes.

              tracewire rejected
              tracewire rejected list --parked
              tracewire rejected show 3
              tracewire rejected show --parked 1
              tracewire rejected retry 3
              tracewire rejected discard --all
            """,
        subcommands: [RejectedList.self, RejectedShow.self, RejectedRetry.self, RejectedDiscard.self],
        defaultSubcommand: RejectedList.self)
}

/// `tracewire rejected list`
struct RejectedList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "Lists rejected or parked records, newest first.",
        discussion: """
              tracewire rejected list --limit 10 --format json
            """)

    @Flag(help: "List the parked records instead.")
    var parked = false

    @Option(help: "At most so many; 1 to 10,000.")
    var limit: Int64 = 50

    @OptionGroup var connection: ConnectionOptions
    @OptionGroup var format: FormatOptions

    func validate() throws {
        guard 1...ListOutput.largestLimit ~= limit else { throw ValidationError("--limit is 1 to 10,000") }
    }

    func run() async throws {
        let output = format.standardOutput()
        let view = parked ? Self.parkedView : Self.rejectedView
        let list = ListOutput(format.format.output(to: output, view: view), limit: limit)
        try await connection.withCollector { collector in
            let report = parked ? "parked" : "rejected"
            try await collector.write(.report(report, ["limit": .integer(list.asked)]), to: list)
        }
        try output.flush()
        list.note("--limit allows more, 'tracewire status' counts them")
    }

    private static let rejectedView = TableView(
        [
            .column("id", "ID"), .column("kind", "EVENT"), TableView.Item(title: "CODE", narrowest: 20, cell: code),
            TableView.Item(title: "BECAUSE", narrowest: 30, cell: reason), .column("identity", "OF"),
            .column("received_at", "RECEIVED", .time),
        ], empty: "no rejected records")

    private static let parkedView = TableView(
        [
            .column("id", "ID"), .column("kind", "EVENT"), TableView.Item(title: "WAITS FOR", cell: awaited),
            .column("identity", "OF"), .column("received_at", "RECEIVED", .time),
        ], empty: "no parked records")

    private static func code(_ row: AnswerRow) -> Cell { Cell(row["code"]) }

    /// The sentence without the identity, which has a column of its own.
    private static func reason(_ row: AnswerRow) -> Cell {
        let message = row.text("message") ?? ""
        let identity = row.text("identity") ?? ""
        return Cell(TerminalText.shown(identity.isEmpty ? message : message.replacing(" \(identity)", with: "")))
    }

    private static func awaited(_ row: AnswerRow) -> Cell {
        Cell(TerminalText.shown("\(row.text("waits_for_kind") ?? "") \(row.text("waits_for") ?? "")"))
    }
}

/// `tracewire rejected show`
struct RejectedShow: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show",
        abstract: "Shows a rejected or parked record whole: why, and the event as a line that 'import' could read.",
        discussion: """
            With --format ndjson only the event's line is printed, to be corrected and imported again:

              tracewire rejected show 3 --format ndjson > event.ndjson
              tracewire rejected show --parked 1
            """)

    @Argument(help: "The record's number, as 'tracewire rejected list' shows it.")
    var id: Int64

    @Flag(help: "Show a parked record instead.")
    var parked = false

    @OptionGroup var connection: ConnectionOptions
    @OptionGroup var format: FormatOptions

    private var kind: String { parked ? "parked" : "rejected" }

    func run() async throws {
        let output = format.standardOutput()
        let request = Query.Request.report("\(kind)_record", ["id": .integer(id)])
        let missing = CommandFailure(.failed, "there is no \(kind) record \(id) (\(Code.notFound))", code: .notFound)
        let found: [AnswerRow]
        do {
            found = try await connection.withCollector { try await $0.rows(request) }
        } catch let failure as CommandFailure where failure.code == .notFound {
            throw missing
        }
        guard let row = found.first else { throw missing }
        try write(row, to: output)
        try output.flush()
    }

    private func write(_ row: AnswerRow, to output: Output) throws {
        let line = try line(row)
        switch format.format {
        case .ndjson: try output.write(values: line + "\n")
        case .table:
            for column in row.columns.columns where column.name != "record" {
                let cell = Cell(row[column.name], column.name.hasSuffix("_at") ? .time : .plain)
                try output.line(TerminalText.padded(column.name, to: 16) + cell.text)
            }
            try output.line()
            try output.write(values: line + "\n")
        case .json, .csv:
            var rows = format.format.output(to: output, view: .everything)
            try rows.begin(AnswerColumns(row.columns.columns.map(Self.shown)))
            try rows.row(row.columns.columns.map { $0.name == "record" ? .text(line) : row[$0.name] })
            try rows.end()
        }
    }

    /// The record stands as JSON.
    private static func shown(_ column: Column) -> Column {
        column.name == "record" ? Column(name: "record", declaredType: "JSON") : column
    }

    /// The event as NDJSON has it, without the line feed.
    private func line(_ row: AnswerRow) throws -> String {
        guard case .blob(let record) = row["record"], let line = EventLine.line(encoded: record) else {
            throw CommandFailure(.failed, "\(kind) record \(id) is no event that this version can read")
        }
        return String(decoding: line.dropLast(), as: UTF8.self)
    }
}
