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
        let output = format.standardOutput()
        let view = TableView(
            [TableView.Item(title: "FIGURE", cell: Self.name), TableView.Item(title: "VALUE", cell: Self.value)],
            empty: "no figures")
        try await connection.withCollector { collector in
            try await collector.write(.report("status"), to: format.format.output(to: output, view: view))
        }
        try output.flush()
    }

    private enum Unit {
        case milliseconds
        case bytes
        case none

        /// The figure's name says its unit.
        init(_ name: String) {
            let words = name.split(separator: "_")
            self = words.last == "ms" ? .milliseconds : words.contains("bytes") ? .bytes : .none
        }
    }

    /// Without the unit, which the value has.
    private static func name(_ row: AnswerRow) -> Cell {
        let name = row.text("name") ?? ""
        let isTime = Unit(name) == .milliseconds
        return Cell(TerminalText.shown(isTime ? String(name.dropLast("_ms".count)) : name))
    }

    private static func value(_ row: AnswerRow) -> Cell {
        switch Unit(row.text("name") ?? "") {
        case .milliseconds: Cell(row["value"], .duration)
        case .bytes: Cell(row["value"], .bytes)
        case .none: Cell(row["value"])
        }
    }
}
