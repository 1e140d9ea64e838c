internal import ArgumentParser
internal import Glibc
internal import TracewireProtocol

/// `tracewire export`
struct ExportCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "export",
        abstract: "Writes everything recorded as events, one JSON object a line, as 'import' reads them.",
        discussion: """
            Users come first, then the runs in the order of their numbers, the events of each in their order. What \
            'import' read comes out equal. '-', the default, is standard output.

              tracewire export > events.ndjson
              tracewire export --run 12 - | jq .event

            With --sqlite, everything is written into a plain SQLite database instead: the tables users, workflows, \
            nodes and generations, every value in its row.

              tracewire export --sqlite runs.db && sqlite3 runs.db 'SELECT output FROM generations'
            """)

    @Argument(help: "The file to write, or '-'.")
    var file = "-"

    @Option(name: .customLong("run"), help: "Only that run, with its user: a number, a UUID or the beginning of one.")
    var run: String?

    @Option(help: ArgumentHelp("Write a plain SQLite database instead of events.", valueName: "file"))
    var sqlite: String?

    @Flag(help: "Replace the database of --sqlite if it exists.")
    var force = false

    @OptionGroup var connection: ConnectionOptions

    func validate() throws {
        guard sqlite == nil || (file == "-" && run == nil) else {
            throw ValidationError("--sqlite writes everything into its own file: name no other, and no --run")
        }
    }

    func run() async throws {
        if let sqlite {
            return try await connection.withCollector { collector in
                try await PlainExporter(collector: collector, path: sqlite, mayReplace: force).export()
            }
        }
        let output = try file == "-" ? Output.standard() : Output.creating(file)
        try await connection.withCollector { collector in
            let exporter = Exporter(collector: collector, output: output)
            if let run = self.run { try await exporter.export(run: run) } else { try await exporter.exportAll() }
        }
        try output.flush()
    }
}
