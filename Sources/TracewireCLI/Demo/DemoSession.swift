internal import Tracewire
internal import TracewireCollector

/// The demo from its first line to its last, or to a signal: either way its own collector ends and its directory goes.
struct DemoSession: Sendable {
    /// The collector that records; `nil` to start one.
    let address: CollectorAddress?
    let access: CollectorAccess

    func run() async throws {
        try await Interruption.cancelling { try await demonstrate() }
    }

    private func demonstrate() async throws {
        let output = Output.standard()
        if let address {
            try await demonstrate(address, access, output)
        } else {
            try await withOwnCollector { address in
                try output.line("A collector of its own listens on \(address).")
                try await demonstrate(address, CollectorAccess(), output)
                try output.line()
                try output.line("That collector and its database are gone now. To keep traces: tracewire serve")
            }
        }
        try output.flush()
    }

    private func demonstrate(
        _ address: CollectorAddress, _ access: CollectorAccess, _ output: Output
    ) async throws {
        try await RemoteCollector.with(address, access: access) { collector in
            var configuration = TracewireConfiguration()
            configuration.address = address
            (configuration.token, configuration.tls) = (access.token, access.tls)
            configuration.clientName = "tracewire demo"
            // Nothing of a demonstration is to be delivered later.
            configuration.spool = .memory
            let client = TracewireClient(configuration, logger: Diagnostics.quietLogger)
            try output.line("Three workflows are running …")
            try output.flush()
            let runs = await DatePlanner(client: client).runAll()
            let report = await client.shutdown(timeout: Task.isCancelled ? .zero : .seconds(10))
            try Task.checkCancellation()
            try output.line("Sent: \(report).")
            guard report.isComplete else { throw CommandFailure(report.rejected > 0 ? .rejected : .failed) }
            try await DemoReport(collector: collector, output: output).print(runs)
        }
    }

    private func withOwnCollector(_ body: (CollectorAddress) async throws -> Void) async throws {
        let directory = try TemporaryDirectory()
        defer { directory.remove() }
        var configuration = CollectorConfiguration(databasePath: directory.path + "/demo.db")
        configuration.listenPort = 0
        do {
            let collector = try Collector(configuration, logger: Diagnostics.quietLogger)
            let (host, port) = try await collector.start()
            do {
                try await body(CollectorAddress(host: host, port: port))
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
