internal import ArgumentParser
internal import Tracewire
internal import TracewireProtocol

/// `tracewire export`
struct ExportCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "export",
        abstract: "Writes everything recorded as events, one JSON object a line, as 'import' reads them.",
        discussion: """
            Users come first, then the runs in the order of their numbers, the events of each in their order. What \
            'import' read comes out equal. '-', the default, is standard output. A file gets its name when it is whole, and \
            replaces another only with --force; until then it is called FILE.NUMBER.unfinished, which is all that a \
            killed export leaves, and may be deleted.

              tracewire export > events.ndjson
              tracewire export --run 12 - | jq .event

            With --sqlite, everything is written into a plain SQLite database instead: the tables users, workflows, \
            nodes and generations, every value in its row.

              tracewire export --sqlite runs.db
              sqlite3 runs.db 'SELECT output FROM generations'
            """)

    @Argument(help: "The file to write, or '-'.", completion: .file())
    var file = "-"

    @Option(name: .customLong("run"), help: "Only that run, with its user: a number, a UUID or the beginning of one.")
    var run: String?

    @Option(help: ArgumentHelp("Write a plain SQLite database instead of events.", valueName: "file"))
    var sqlite: String?

    @Flag(help: "Replace the file if it exists; events never replace a SQLite database.")
    var force = false

    @OptionGroup var connection: ConnectionOptions

    func validate() throws {
        guard sqlite == nil || (file == "-" && run == nil) else {
            throw ValidationError("--sqlite writes everything into its own file: name no other, and no --run")
        }
    }

    func run() async throws {
        let export = Export(address: try connection.address(), token: connection.effectiveToken(), run: run)
        let (file, mayReplace) = (file, force)
        if let sqlite {
            try await Interruption.cancelling { try await export.writeDatabase(sqlite, mayReplace: mayReplace) }
        } else if file == "-" {
            try await export.write(to: .standard())
        } else if ExportFile.isStream(file) {
            try await export.write(to: .stream(file))
        } else {
            try await Interruption.cancelling { try await export.writeEvents(file, mayReplace: mayReplace) }
        }
    }
}

/// What is exported, and from where.
private struct Export: Sendable {
    let address: CollectorAddress
    let token: String?
    /// `nil` for everything.
    let run: String?

    func writeDatabase(_ path: String, mayReplace: Bool) async throws {
        try ExportFile(path, .database, mayReplace: mayReplace).check()
        try await RemoteCollector.with(address, token: token) { collector in
            let reading = ReadingPastDamage(collector)
            try await PlainExporter(collector: reading, path: path, mayReplace: mayReplace).export()
            try reading.finish()
        }
    }

    func writeEvents(_ path: String, mayReplace: Bool) async throws {
        let file = ExportFile(path, .events, mayReplace: mayReplace)
        try file.check()
        try await RemoteCollector.with(address, token: token) { collector in
            let reading = ReadingPastDamage(collector)
            try await file.write { unfinished in
                let output = try Output.creating(unfinished)
                try await write(from: reading, to: output)
                try output.synchronize()
            }
            try reading.finish()
        }
    }

    func write(to output: Output) async throws {
        try await RemoteCollector.with(address, token: token) { collector in
            let reading = ReadingPastDamage(collector)
            try await write(from: reading, to: output)
            try output.flush()
            try reading.finish()
        }
    }

    private func write(from collector: any Answering, to output: Output) async throws {
        let exporter = Exporter(collector: collector, output: output)
        if let run { try await exporter.export(run: run) } else { try await exporter.exportAll() }
    }
}
