internal import ArgumentParser
internal import Glibc
internal import Tracewire
internal import TracewireCollector
internal import TracewireProtocol

/// `tracewire demo`
struct DemoCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "demo",
        abstract: "Runs three date-planner workflows through the SDK, and shows what was recorded of them.",
        discussion: """
            One completes, one fails in a node, one is cancelled. Without --connect or TRACEWIRE_CONNECT a collector of its \
            own is started on a free port, with a database that is gone afterwards.

              tracewire demo
              tracewire demo --connect 127.0.0.1:4747
            """)

    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        let output = Output.standard()
        if let address = try connection.namedAddress() {
            try await demonstrate(address, output)
        } else {
            try await withOwnCollector { address in
                try output.line("A collector of its own listens on \(address).")
                try await demonstrate(address, output)
                try output.line()
                try output.line("That collector and its database are gone now. To keep traces: tracewire serve")
            }
        }
        try output.flush()
    }

    private func demonstrate(_ address: NetworkAddress, _ output: Output) async throws {
        let token = connection.effectiveToken()
        try await RemoteCollector.with(address, token: token) { collector in
            var configuration = TracewireConfiguration()
            (configuration.host, configuration.port) = (address.host, address.port)
            configuration.token = token
            configuration.clientName = "tracewire demo"
            let client = TracewireClient(configuration, logger: Diagnostics.quietLogger)
            try output.line("Three workflows are running …")
            try output.flush()
            let runs = await DatePlanner(client: client).runAll()
            let report = await client.shutdown(timeout: .seconds(10))
            try output.line("Sent: \(report).")
            guard report.isComplete else { throw CommandFailure(report.rejected > 0 ? .rejected : .failed) }
            try await DemoReport(collector: collector, output: output).print(runs)
        }
    }

    private func withOwnCollector(_ body: (NetworkAddress) async throws -> Void) async throws {
        let directory = try TemporaryDirectory()
        defer { directory.remove() }
        var configuration = CollectorConfiguration(databasePath: directory.path + "/demo.db")
        configuration.listenPort = 0
        do {
            let collector = try Collector(configuration, logger: Diagnostics.quietLogger)
            let (host, port) = try await collector.start()
            do {
                try await body(NetworkAddress(host: host, port: port))
            } catch {
                await collector.stop()
                throw error
            }
            await collector.stop()
        } catch let error as CollectorError {
            throw CommandFailure(error, database: configuration.databasePath)
        }
    }
}
