internal import ArgumentParser
internal import Glibc
internal import TracewireProtocol

/// `tracewire backup FILE`
struct BackupCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "backup",
        abstract: "Copies a collector's database, as it is at one moment, into a file.",
        discussion: """
            The collector writes the file, on its own machine and as its own user, and goes on meanwhile. The file \
            appears when it is whole, and is a database that 'tracewire serve --database FILE' opens.

              tracewire backup /var/backups/tracewire.db
            """)

    @Argument(help: "The file to write.", completion: .file())
    var file: String

    @Flag(help: "Replace the file if it exists.")
    var force = false

    @OptionGroup var connection: ConnectionOptions
    @OptionGroup var format: FormatOptions

    func run() async throws {
        let output = format.standardOutput()
        let view = TableView(
            [TableView.Item(title: "BYTES") { Cell($0["bytes"], .bytes) }, .column("path", "FILE")], empty: "")
        let request = Query.Request.report(
            "backup", ["path": .text(Self.absolute(file)), "replace": .integer(force ? 1 : 0)])
        do {
            try await connection.withCollector { collector in
                try await collector.write(request, to: format.format.output(to: output, view: view))
            }
        } catch let failure as CommandFailure where failure.code == .invalidArgument {
            throw Self.misuse(failure)
        }
        try output.flush()
    }

    /// The collector speaks of the place that it was given, and knows no options.
    private static func misuse(_ failure: CommandFailure) -> CommandFailure {
        CommandFailure(
            .usage, failure.message.replacing("allow replacing it", with: "say --force to replace it"),
            code: failure.code)
    }

    /// The collector may run in another directory.
    private static func absolute(_ path: String) -> String {
        guard !path.hasPrefix("/"), let directory = getcwd(nil, 0) else { return path }
        defer { free(directory) }
        return String(cString: directory) + "/" + path
    }
}
