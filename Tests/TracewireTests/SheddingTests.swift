import Testing
import Tracewire
import TracewireProtocol

/// What a client makes of records that its full queue has shed.
@Suite(.timeLimit(.minutes(1))) struct SheddingTests {
    private static func fullClient(_ collector: FakeCollector) -> (client: TracewireClient, workflow: WorkflowHandle) {
        var configuration = TracewireConfiguration.test(port: collector.port)
        configuration.memoryLimit = 64 << 10
        let client = TracewireClient(configuration)
        let workflow = client.startWorkflow("w")
        while client.record(.payload(8000)) == .queued {}
        while client.record(.user("x")) == .queued {}
        return (client, workflow)
    }

    /// Takes all that the client holds; returns the connection.
    private static func empty(_ client: TracewireClient, _ collector: FakeCollector) async throws -> FakeConnection {
        let connection = try await collector.connection()
        try await connection.welcome()
        var taken = 0
        while taken < client.statistics.recorded {
            let batch = try await connection.batch()
            taken += batch.records.count
            try await connection.acknowledge(batch.sequence)
        }
        #expect(await client.flush(timeout: .seconds(30)).unknown == 0)
        return connection
    }

    @Test func `a node whose waiting was shed is described when it starts`() async throws {
        let collector = try await FakeCollector.start()
        let (client, workflow) = Self.fullClient(collector)
        let shed = client.statistics.shed[.nodePending, default: 0]
        let node = workflow.pendingNode("search", type: "tool", tags: ["late"])
        #expect(client.statistics.shed[.nodePending, default: 0] == shed + 1)
        let connection = try await Self.empty(client, collector)
        #expect(node.start() == .queued)
        let batch = try await connection.batch()
        guard case .nodeStart(let start) = batch.events.first else {
            Issue.record("no NodeStart")
            return
        }
        #expect(batch.text(start.description.nodeName) == "search")
        #expect(batch.text(start.description.nodeType) == "tool")
        #expect(start.description.executionOrder == 1)
        _ = await client.shutdown(timeout: .zero)
    }

    @Test func `a user who was shed is recorded again for the next workflow`() async throws {
        let collector = try await FakeCollector.start()
        let (client, _) = Self.fullClient(collector)
        #expect(client.recordUser(username: "mina") == .shed)
        let connection = try await Self.empty(client, collector)
        client.startWorkflow("w", user: "mina").end()
        #expect(try await connection.batch().usernames == ["mina"])
        _ = await client.shutdown(timeout: .zero)
    }
}
