internal import ArgumentParser
internal import Tracewire
internal import TracewireProtocol

/// `tracewire export`
struct ExportCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "export",
        abstract: "Writes everything recorded: as events that 'import' reads, as a database, CSV or OpenTelemetry.",
        discussion: """
            Users come first, then the runs in the order of their numbers, the events of each in their order. What \
            'import' read comes out equal. '-', the default, is standard output. A file gets its name when it is whole, and \
            replaces another only with --force; until then it is called FILE.NUMBER.unfinished, which is all that a \
            killed export leaves, and may be deleted.

              tracewire export > events.ndjson
              tracewire export --run 12 - | jq .event

            With --sqlite, everything is written into a plain SQLite database instead: the tables users, workflows, \
            nodes and generations, every value in its row. With --csv, into a directory: the same tables and columns as \
            users.csv, workflows.csv, nodes.csv and generations.csv, as RFC 4180 has it, with line feeds. NULL is an empty field there, \
            and an empty text is "".

              tracewire export --sqlite runs.db
              sqlite3 runs.db 'SELECT output FROM generations'
              tracewire export --csv runs --force

            With --otlp, runs are written as OpenTelemetry traces, in the format of its file exporter: a run is a trace, \
            its nodes are spans, its calls of models spans with gen_ai attributes. protocol/OTLP.md says what becomes \
            what. A line is a request, as a collector's /v1/traces takes it.

              tracewire export --otlp traces.jsonl
              tracewire export --otlp - --run 12 | jq -c '.resourceSpans[]'
            """)

    @Argument(help: "The file to write events to, or '-'.", completion: .file())
    var file: String?

    @Option(name: .customLong("run"), help: "Only that run, with its user: a number, a UUID or the beginning of one.")
    var run: String?

    @Option(
        help: ArgumentHelp("Write a plain SQLite database instead of events.", valueName: "file"), completion: .file())
    var sqlite: String?

    @Option(
        help: ArgumentHelp("Write CSV files into that directory, made if it is missing.", valueName: "directory"),
        completion: .directory)
    var csv: String?

    @Option(
        help: ArgumentHelp("Write OpenTelemetry traces as JSON lines, to a file or '-'.", valueName: "file"),
        completion: .file())
    var otlp: String?

    @Flag(help: "Replace files that exist; text never replaces a SQLite database.")
    var force = false

    @OptionGroup var connection: ConnectionOptions

    func validate() throws {
        let forms = [("--sqlite", sqlite), ("--csv", csv), ("--otlp", otlp)].filter { $0.1 != nil }.map(\.0)
        guard forms.count < 2 else {
            throw ValidationError("\(forms[0]) and \(forms[1]) are two exports: run one after the other")
        }
        if let form = forms.first, let file, file != "-" {
            throw ValidationError("\(form) names what to write already: leave out '\(file)'")
        }
        guard sqlite == nil || run == nil else {
            throw ValidationError("--sqlite writes everything: leave out --run, or write the run with --csv or --otlp")
        }
        guard csv != "-" else {
            throw ValidationError("--csv writes four files: name a directory; --otlp and events can go to '-'")
        }
    }

    func run() async throws {
        let export = Export(
            address: try await connection.address(), access: try connection.access(), run: run, mayReplace: force)
        if let sqlite {
            try await Interruption.cancelling { try await export.writeDatabase(sqlite) }
        } else if let csv {
            try await Interruption.cancelling { try await export.writeTables(csv) }
        } else {
            try await write(otlp == nil ? .events : .traces, to: otlp ?? file ?? "-", export)
        }
    }

    private func write(_ form: Export.Form, to file: String, _ export: Export) async throws {
        if file == "-" {
            try await export.write(form, to: .standard())
        } else if ExportFile.isStream(file) {
            try await export.write(form, to: .stream(file))
        } else {
            try await Interruption.cancelling { try await export.write(form, file) }
        }
    }
}
