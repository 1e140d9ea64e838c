internal import ArgumentParser
internal import Tracewire
internal import TracewireProtocol

/// `tracewire import`
struct ImportCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "import",
        abstract: "Sends recorded events, one JSON object a line, to a collector.",
        discussion: """
            The lines go through the SDK like those of any program, and the same file may be imported twice: what is there \
            already changes nothing, though what was rejected or parked is kept once more. The command ends when everything is answered, and says what was committed, rejected \
            and parked (kept until the parent that it names arrives). Interrupted, it says what it knows. A line that is \
            no event is named with its number, and not sent; the collector keeps nothing of it.

              tracewire import events.ndjson
              zcat events.ndjson.gz | tracewire import -

            Events: \(EventKind.allCases.map(\.rawValue).joined(separator: ", ")). \
            protocol/NDJSON.md describes their keys; in short:

              {"event":"workflow.start","at_ms":1770000000000,"name":"plan",
               "workflow":"0199c8aa-0000-7000-8000-000000000001"}

            Exit code 4: a record was rejected, or a line was unreadable. 1: something has no answer yet; import again \
            when the collector is well.
            """)

    enum Compression: String, CaseIterable, ExpressibleByArgument {
        case stream, frame, none
    }

    @Argument(help: "The file to read, or '-' for standard input.", completion: .file())
    var file: String

    @Option(help: "Bytes of events that go in one batch.")
    var batchBytes = 256 << 10

    @Option(help: "Events that go in one batch, from 1 to 4096.")
    var batchRecords = 1024

    @Option(help: "How batches are compressed: as one zstd stream, each frame alone, or not at all.")
    var compression = Compression.stream

    @Option(help: ArgumentHelp("Give up when the collector answers nothing for that long.", valueName: "time"))
    var timeout = DurationArgument(milliseconds: 60_000)

    @OptionGroup var connection: ConnectionOptions
    @OptionGroup var format: FormatOptions

    func validate() throws {
        try timeout.requireTime(for: "--timeout")
        guard 1024...(64 << 20) ~= batchBytes else { throw ValidationError("--batch-bytes is 1,024 to 67,108,864") }
        guard 1...Limits.batchRecords ~= batchRecords else { throw ValidationError("--batch-records is 1 to 4,096") }
    }

    func run() async throws {
        let output = format.standardOutput()
        let input = try InputFile(file)
        // Nobody there is said at once, and not after a time without answers.
        try await connection.withCollector { _ in }
        let session = ImportSession(
            client: TracewireClient(try configuration(), logger: Diagnostics.quietLogger), input: input,
            timeout: .milliseconds(timeout.milliseconds))
        let result = try await session.run()
        try await Exit.report(result.exit) {
            try result.write(to: output, format: format.format)
            try output.flush()
        }
    }

    private func configuration() throws -> TracewireConfiguration {
        var configuration = TracewireConfiguration()
        configuration.valueLimit = Limits.valueBytes
        try connection.apply(to: &configuration)
        configuration.clientName = "tracewire import"
        configuration.batchBytes = batchBytes
        configuration.batchRecords = batchRecords
        // What is imported is in a file already.
        configuration.spool = .memory
        // Room for the largest record that there may be.
        configuration.memoryLimit = 96 << 20
        switch compression {
        case .stream: configuration.compression = .stream
        case .frame: configuration.compression = .frame
        case .none: configuration.compression = .none
        }
        return configuration
    }
}
