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
            """)

    @Argument(help: "The file to write, or '-'.")
    var file = "-"

    @Option(name: .customLong("run"), help: "Only that run, with its user: a number, a UUID or the beginning of one.")
    var run: String?

    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        let output = try file == "-" ? Output.standard() : Output.creating(file)
        try await connection.withCollector { collector in
            let exporter = Exporter(collector: collector, output: output)
            if let run = self.run { try await exporter.export(run: run) } else { try await exporter.exportAll() }
        }
        try output.flush()
    }
}
