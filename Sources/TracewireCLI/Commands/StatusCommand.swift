internal import ArgumentParser
internal import Tracewire

/// `tracewire status`
struct StatusCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status",
        abstract: "Shows how a collector is: connections, rates, queue, database.",
        discussion: """
            On a terminal, whether all is well, and the figures in groups. Elsewhere, with --wide or another format: every \
            figure by its name, a row each; with --watch again and again, with the time of each in json, ndjson and csv. \
            'tracewire serve --metrics' gives the same figures to Prometheus.

            Exit codes: 0 the collector is healthy; 1 it is there, but the last commit failed, or the last step of \
            maintenance; 3 nobody is there. With --watch, 0 when it is interrupted.

              tracewire status
              tracewire status --watch --interval 5s
              tracewire status --connect 127.0.0.1:4747 --format ndjson
              tracewire status > /dev/null || echo 'look at the collector'
            """)

    @Flag(help: "Go on until interrupted. A collector that goes away is waited for.")
    var watch = false

    @Option(
        help: ArgumentHelp(
            "With --watch: how long to wait between two looks, 100ms or more. Default: 2s.", valueName: "time"))
    var interval: DurationArgument?

    @OptionGroup var connection: ConnectionOptions
    @OptionGroup var format: FormatOptions

    func validate() throws {
        guard let interval else { return }
        guard watch else { throw ValidationError("--interval goes with --watch") }
        guard interval.milliseconds >= 100 else { throw ValidationError("--interval is 100ms or more") }
    }

    func run() async throws {
        let address = try await connection.address()
        let output = StatusOutput(format, at: address, isRepeated: watch)
        guard watch else { return try await writeOnce(to: output, address) }
        let (access, pause) = (try connection.access(), Duration.milliseconds(interval?.milliseconds ?? 2000))
        do {
            try await Interruption.ending {
                try await StatusWatching(address: address, access: access, interval: pause, sight: output.show).run()
            }
        } catch {
            try output.end()
            throw error
        }
        try output.end()
    }

    private func writeOnce(to output: StatusOutput, _ address: CollectorAddress) async throws {
        let status = try await connection.withCollector { try await CollectorStatus(of: $0) }
        try await Exit.report(status.failure == nil ? nil : .failed) {
            try output.show(.status(status))
            try output.end()
            if !output.isPicture, let failure = status.failure {
                Diagnostics.error("collector at \(address): \(failure)")
            }
        }
    }
}
