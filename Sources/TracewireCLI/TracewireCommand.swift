internal import ArgumentParser

/// The program: parses, runs, and turns how it went into an exit code.
@main
enum Main {
    static func main() async {
        StandardStreams.occupy()
        do {
            let arguments = StatementArgument.moved(Array(CommandLine.arguments.dropFirst()))
            try CommandWords.check(arguments)
            UniversalTime.apply(arguments)
            var command = try TracewireCommand.parseAsRoot(arguments)
            if var command = command as? any AsyncParsableCommand {
                try await command.run()
            } else {
                try command.run()
            }
        } catch {
            Exit.end(with: error)
        }
    }
}

/// The root of all commands.
struct TracewireCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tracewire",
        abstract: "Records what LLM workflows do, and answers questions about it.",
        discussion: """
            A collector keeps the traces in one database file; everything else talks to it.

              tracewire demo                       see it work, without setting anything up
              tracewire serve                      run a collector
              tracewire import events.ndjson       send recorded events to it
              tracewire workflows --since 24h      what ran
              tracewire show 12                    one run in full
              tracewire tail                       what happens now

            Commands find the collector by --connect HOST:PORT or TRACEWIRE_CONNECT, else at 127.0.0.1:4747. They speak TLS to it \
            with --tls, or with --tls-ca FILE where its certificate is not signed by an authority of the system.

            Exit codes: 0 fine, 1 failed, 2 wrong usage, 3 no collector there, 4 something was rejected or unreadable.
            """,
        version: Version.text,
        subcommands: [
            ServeCommand.self, DemoCommand.self, ImportCommand.self, ForwardCommand.self,
            ExportCommand.self, WorkflowsCommand.self,
            ShowCommand.self, DiffCommand.self, SearchCommand.self, StatsCommand.self, CostCommand.self,
            ErrorsCommand.self,
            SQLCommand.self, TailCommand.self,
            RejectedCommand.self,
            StatusCommand.self, CheckCommand.self, BackupCommand.self, PruneCommand.self, TokenCommand.self,
            ManualCommand.self,
        ])
}

/// What `--version` prints.
enum Version {
    static let text = "tracewire \(number)"
    static let number = "0.1.0"
}
