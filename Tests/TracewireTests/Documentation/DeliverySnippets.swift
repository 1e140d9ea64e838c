import Logging
import Tracewire

// What the pages of Tracewire.docc show of the spool, of limits and of delivery.

private func spooled() -> TracewireClient {
    // Snippet begins
    var configuration = TracewireConfiguration()
    configuration.spool = .directory("/var/spool/planner")
    configuration.fallbacks = [CollectorAddress(host: "traces-2.internal", port: 4747)]
    let client = TracewireClient(configuration)
    // Snippet ends
    return client
}

private func end(_ client: TracewireClient, _ logger: Logger) async {
    // Snippet begins
    let report = await client.shutdown(timeout: .seconds(5))
    if !report.isComplete {
        logger.warning("traces: \(report)")
        for rejection in report.rejections { logger.warning("\(rejection.identity): \(rejection.verdict.message)") }
    }
    // Snippet ends
}

private func forward(_ directory: String, _ logger: Logger) async throws {
    // Snippet begins
    let forwarder = SpoolForwarder(try .fromEnvironment())
    for path in try SpoolForwarder.spools(in: directory) {
        let spool = await forwarder.forward(path, patience: .seconds(30))
        logger.info("\(spool.path): \(spool.committed) committed, \(spool.left) left")
    }
    // Snippet ends
}

private func bounded() -> TracewireConfiguration {
    // Snippet begins
    var configuration = TracewireConfiguration()
    configuration.spoolLimit = 256 << 20
    configuration.memoryLimit = 16 << 20
    configuration.valueLimit = 1 << 20
    // Snippet ends
    return configuration
}

private func bulk(_ client: TracewireClient, _ runs: [String]) async {
    // Snippet begins
    for run in runs {
        await client.waitForRoom(bytes: run.utf8.count + 600)
        client.startWorkflow("import", userInput: run).end()
    }
    // Snippet ends
}
