internal import ArgumentParser
internal import TracewireProtocol

/// `tracewire prune`
struct PruneCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "prune",
        abstract: "Deletes old workflows, with their nodes, generations and payloads, and makes the database smaller.",
        discussion: """
            A workflow is as old as its start. Running ones of which something was heard since are kept. The collector \
            goes on meanwhile: workflows go a few at a time. Records that have waited for their parents for as long are \
            deleted too; users and rejected records stay. The file shrinks, but for up to 1 MB that is kept for what comes next, and the log beside it with the \
            collector's stop. It asks first; where nobody can be asked, as in a script, it wants --yes.

              tracewire prune --older-than 30d --dry-run
              tracewire prune --older-than 30d --yes
            """)

    @Option(help: ArgumentHelp("Delete what began longer ago than that: 12h, 30d, 8w.", valueName: "time"))
    var olderThan: DurationArgument

    @Flag(help: "Only say how many workflows there are.")
    var dryRun = false

    @Flag(help: "Do not ask.")
    var yes = false

    @OptionGroup var connection: ConnectionOptions
    @OptionGroup var format: FormatOptions

    func validate() throws {
        try olderThan.requireTime(for: "--older-than")
        guard dryRun || yes || Confirmation.isPossible else {
            throw ValidationError("nobody can be asked here: say --yes to delete for good, or --dry-run to count only")
        }
    }

    func run() async throws {
        let output = format.standardOutput()
        let before = Moment.now() - olderThan.milliseconds
        let count = try await connection.withCollector { try await self.count(before, $0) }
        let isWanted = dryRun || yes || count == 0 || Confirmation.ask(Self.question(count, before))
        guard isWanted else { throw CommandFailure(.failed, "nothing was deleted") }
        let removed =
            dryRun ? count : try await connection.withCollector { try await prune(before, of: count, $0) }
        let view = TableView([.column("workflows", dryRun ? "TO DELETE" : "DELETED")], empty: "")
        let columns = AnswerColumns([Column(name: "workflows", declaredType: "INTEGER")])
        var rows = format.format.output(to: output, view: view)
        try rows.begin(columns)
        try rows.row([.integer(removed)])
        try rows.end()
        try output.flush()
    }

    private static func question(_ count: Int64, _ before: Int64) -> String {
        "Delete \(Plural.of(Int(count), "workflow")) that began before \(Moment.local(before)), for good?"
    }

    private func count(_ before: Int64, _ collector: any Answering) async throws -> Int64 {
        // As the collector decides: `heard_at` is exact to ten seconds.
        let sql = """
            SELECT count(*) AS workflows FROM workflows WHERE created_at < ?1 AND (status <> 'running' OR heard_at < ?1 - 10000)
            """
        return try await collector.rows(.sql(text: sql, parameters: [.integer(before)])).first?.integer("workflows")
            ?? 0
    }

    private func prune(_ before: Int64, of count: Int64, _ collector: any Answering) async throws -> Int64 {
        var progress = ProgressBar()
        defer { progress.clear() }
        var removed: Int64 = 0
        while let row = try await collector.rows(.report("prune", ["before": .integer(before)])).first {
            removed += row.integer("removed") ?? 0
            progress.update(
                share: Double(removed) / Double(max(count, 1)), "\(Plural.of(Int(removed), "workflow")) deleted")
            guard row.integer("more") == 1 else { break }
        }
        return removed
    }
}
