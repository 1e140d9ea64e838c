internal import ArgumentParser
internal import TracewireProtocol

/// Which rejected records an action is for.
struct RejectedSelection: ParsableArguments {
    @Argument(help: "The records' numbers, as 'tracewire rejected' lists them.")
    var ids: [Int64] = []

    @Flag(help: "All that are there now.")
    var all = false

    func validate() throws {
        guard all != !ids.isEmpty else { throw ValidationError("name the records' numbers, or say --all") }
    }

    /// The numbers, oldest first: the order in which the records came.
    func numbers(_ report: String, _ collector: any Answering) async throws -> [Int64] {
        guard all else { return ids }
        var numbers: [Int64] = []
        var page = try await Self.page(report, before: nil, collector)
        while let last = page.last {
            numbers += page
            page = try await Self.page(report, before: last, collector)
        }
        return numbers.reversed()
    }

    private static func page(_ report: String, before: Int64?, _ collector: any Answering) async throws -> [Int64] {
        let arguments: [String: Value?] = ["before_id": before.map(Value.integer), "limit": .integer(1000)]
        return try await collector.rows(.report(report, arguments)).compactMap { $0.integer("id") }
    }
}

/// Does something with each of the selected records, and writes what came of it.
private struct RejectedAction {
    /// What every action answers.
    private static let columns = AnswerColumns(
        ["id", "outcome", "code", "message"].map { Column(name: $0, declaredType: $0 == "id" ? "INTEGER" : "TEXT") })

    let name: String
    let report: String
    let selection: RejectedSelection
    let format: OutputFormat

    /// Ends with 4 if a record was rejected again.
    func run(_ connection: ConnectionOptions, to output: Output) async throws {
        var isRejected = false
        try await Exit.report(isRejected ? .rejected : nil) {
            try await connection.withCollector { collector in
                var rows = format.output(to: output, view: view)
                try rows.begin(Self.columns)
                for number in try await selection.numbers(report, collector) {
                    for row in try await collector.rows(.report(name, ["id": .integer(number)])) {
                        isRejected = isRejected || row.text("outcome") == "rejected"
                        try rows.row(Self.columns.columns.map { row[$0.name] })
                    }
                }
                try rows.end()
            }
            try output.flush()
        }
    }

    private var view: TableView {
        TableView(
            [
                .column("id", "ID"), .column("outcome", "OUTCOME"), .column("code", "CODE"),
                TableView.Item(title: "BECAUSE", narrowest: 30) { Cell($0["message"]) },
            ], empty: "nothing to do: no records are \(report)")
    }
}

/// `tracewire rejected retry`
struct RejectedRetry: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "retry",
        abstract: "Applies rejected records again, for instance after what they conflicted with is settled.",
        discussion: """
            A record that is rejected again stays where it is; the exit code is then 4.

              tracewire rejected retry 3 4
              tracewire rejected retry --all
            """)

    @OptionGroup var selection: RejectedSelection
    @OptionGroup var connection: ConnectionOptions
    @OptionGroup var format: FormatOptions

    func run() async throws {
        let output = format.standardOutput()
        let action = RejectedAction(
            name: "rejected_retry", report: "rejected", selection: selection, format: format.format)
        try await action.run(connection, to: output)
    }
}

/// `tracewire rejected discard`
struct RejectedDiscard: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "discard",
        abstract: "Deletes rejected or parked records for good.",
        discussion: """
              tracewire rejected discard 3
              tracewire rejected discard --parked --all
            """)

    @Flag(help: "Discard parked records instead.")
    var parked = false

    @OptionGroup var selection: RejectedSelection
    @OptionGroup var connection: ConnectionOptions
    @OptionGroup var format: FormatOptions

    func run() async throws {
        let output = format.standardOutput()
        let action = RejectedAction(
            name: parked ? "parked_discard" : "rejected_discard", report: parked ? "parked" : "rejected",
            selection: selection, format: format.format)
        try await action.run(connection, to: output)
    }
}
