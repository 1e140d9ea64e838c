internal import ArgumentParser
internal import TracewireProtocol

/// `tracewire check`
struct CheckCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check",
        abstract: "Reads all of a collector's database and names what is damaged.",
        discussion: """
            The file itself, what rows refer to, every segment of stored values, and every reference to one. The \
            collector goes on meanwhile. Exit code 1 says that something is wrong.

              tracewire check
              tracewire check --repair

            --repair first makes the sums that 'stats' reads anew where they do not agree with the rows; nothing is \
            recorded while it does so. A damaged segment cannot be repaired: restore it from a backup.
            """)

    @Flag(help: "Make sums anew that do not agree with the rows.")
    var repair = false

    @OptionGroup var connection: ConnectionOptions
    @OptionGroup var format: FormatOptions

    func run() async throws {
        let output = format.standardOutput()
        let view = TableView(
            [
                .column("subject", "SUBJECT"), .column("place", "PLACE"),
                TableView.Item(title: "PROBLEM", narrowest: 30) { Cell($0["problem"]) },
            ], empty: "nothing is wrong")
        var rows = format.format.output(to: output, view: view)
        var problems = 0
        let repairs = repair
        try await Exit.report(problems > 0 ? .failed : nil) {
            try await connection.withCollector { collector in
                if repairs { _ = try await collector.rows(.report("repair")) }
                try await collector.ask(
                    .report("check"), limits: QuestionLimits(), columns: { try rows.begin($0) },
                    row: { row in
                        problems += 1
                        try rows.row(row)
                    })
            }
            try rows.end()
            try output.flush()
        }
    }
}
