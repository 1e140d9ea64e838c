internal import ArgumentParser
internal import TracewireProtocol

/// `tracewire status`
struct StatusCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status",
        abstract: "Shows how a collector is: connections, rates, queue, database.",
        discussion: """
            One row a figure. Exit code 3 says that no collector is there, which makes it a health check.

              tracewire status
              tracewire status --connect 127.0.0.1:4747 --format ndjson
            """)

    @OptionGroup var connection: ConnectionOptions
    @OptionGroup var format: FormatOptions

    func run() async throws {
        let output = Output.standard()
        let view = TableView([
            TableView.Item(title: "FIGURE") { Cell(TerminalText.shown($0.text("name") ?? "")) },
            TableView.Item(title: "VALUE", cell: Self.value),
        ])
        try await connection.withCollector { collector in
            try await collector.write(.report("status"), to: format.format.output(to: output, view: view))
        }
        try output.flush()
    }

    /// The figure's name says its unit.
    private static func value(_ row: AnswerRow) -> Cell {
        let name = row.text("name") ?? ""
        if name.hasSuffix("_ms") { return Cell(row["value"], .duration) }
        if name.hasSuffix("_bytes") || name.contains("bytes_") { return Cell(row["value"], .bytes) }
        return Cell(row["value"])
    }
}
