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

    /// The numbers of all that are there now, oldest first: the order in which the records came.
    static func everything(_ report: String, _ collector: any Answering) async throws -> [Int64] {
        var numbers: [Int64] = []
        var page = try await page(report, before: nil, limit: 1_000, collector)
        while let last = page.last {
            numbers += page
            page = try await Self.page(report, before: last, limit: 1_000, collector)
        }
        return numbers.reversed()
    }

    static func newest(_ report: String, _ collector: any Answering) async throws -> Int64? {
        try await page(report, before: nil, limit: 1, collector).first
    }

    private static func page(
        _ report: String, before: Int64?, limit: Int64, _ collector: any Answering
    ) async throws -> [Int64] {
        let arguments: [String: Value?] = ["before_id": before.map(Value.integer), "limit": .integer(limit)]
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
                try await outcomes(collector) { row in
                    isRejected = isRejected || row.text("outcome") == "rejected"
                    try rows.row(Self.columns.columns.map { row[$0.name] })
                }
                try rows.end()
            }
            try output.flush()
        }
    }

    private func outcomes(_ collector: any Answering, _ take: (AnswerRow) throws -> Void) async throws {
        guard selection.all else {
            for number in selection.ids {
                for row in try await collector.rows(.report(name, ["id": .integer(number)])) { try take(row) }
            }
            return
        }
        if name == "rejected_retry" {
            try await retryAll(collector, take)
        } else if let newest = try await RejectedSelection.newest(report, collector) {
            try await discard(through: newest, collector, take)
        }
    }

    /// One by one: each is applied alone.
    private func retryAll(_ collector: any Answering, _ take: (AnswerRow) throws -> Void) async throws {
        for number in try await RejectedSelection.everything(report, collector) {
            do {
                for row in try await collector.rows(.report(name, ["id": .integer(number)])) { try take(row) }
            } catch let failure as CommandFailure where failure.code == .notFound {
                // Somebody else has retried or discarded it meanwhile.
                continue
            }
        }
    }

    /// In steps of the collector's, until nothing is left of what was there.
    private func discard(
        through newest: Int64, _ collector: any Answering, _ take: (AnswerRow) throws -> Void
    ) async throws {
        while true {
            let rows = try await collector.rows(.report(name, ["through": .integer(newest)]))
            guard !rows.isEmpty else { return }
            for row in rows { try take(row) }
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
