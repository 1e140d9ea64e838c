internal import ArgumentParser
internal import TracewireProtocol

/// `tracewire prune`
struct PruneCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "prune",
        abstract: "Deletes old workflows, with their nodes, generations and payloads, and makes the database smaller.",
        discussion: """
            A workflow is as old as its start. Running ones of which something was heard since are kept. The collector \
            goes on meanwhile: workflows go a few at a time. Users, rejected and parked records stay.

              tracewire prune --older-than 30d --dry-run
              tracewire prune --older-than 30d
            """)

    @Option(help: ArgumentHelp("Delete what began longer ago than that: 12h, 30d, 8w.", valueName: "time"))
    var olderThan: DurationArgument

    @Flag(help: "Only say how many workflows there are.")
    var dryRun = false

    @OptionGroup var connection: ConnectionOptions
    @OptionGroup var format: FormatOptions

    func run() async throws {
        let output = format.standardOutput()
        let before = Moment.now() - olderThan.milliseconds
        let removed = try await connection.withCollector { collector in
            dryRun ? try await count(before, collector) : try await prune(before, collector)
        }
        let view = TableView([.column("workflows", dryRun ? "TO DELETE" : "DELETED")], empty: "")
        let columns = AnswerColumns([Column(name: "workflows", declaredType: "INTEGER")])
        var rows = format.format.output(to: output, view: view)
        try rows.begin(columns)
        try rows.row([.integer(removed)])
        try rows.end()
        try output.flush()
    }

    private func count(_ before: Int64, _ collector: any Answering) async throws -> Int64 {
        let sql = """
            SELECT count(*) AS workflows FROM workflows WHERE created_at < ?1 AND (status <> 'running' OR heard_at < ?1)
            """
        return try await collector.rows(.sql(text: sql, parameters: [.integer(before)])).first?.integer("workflows")
            ?? 0
    }

    private func prune(_ before: Int64, _ collector: any Answering) async throws -> Int64 {
        var removed: Int64 = 0
        while let row = try await collector.rows(.report("prune", ["before": .integer(before)])).first {
            removed += row.integer("removed") ?? 0
            guard row.integer("more") == 1 else { break }
        }
        return removed
    }
}
