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

    @Test func `a run whose beginning was shed is recorded from it as soon as there is room`() async throws {
        let collector = try await FakeCollector.start()
        let (client, _) = Self.fullClient(collector)
        let before = client.statistics
        let workflow = client.startWorkflow("late", user: "mina", userInput: "long ago")
        let node = workflow.startNode("search", type: "tool", input: ["query": "tea"])
        #expect(workflow.status == .running && node.status == .running)
        #expect(node.recordGeneration(Generation()) == .shed)
        #expect(workflow.recordGeneration(Generation()) == .shed)
        #expect(client.statistics.recorded == before.recorded)
        let connection = try await Self.empty(client, collector)
        #expect(node.end() == .queued)
        #expect(workflow.end() == .queued)
        var events: [String] = []
        while events.count < 5 {
            let batch = try await connection.batch()
            events += batch.events.map { event in
                switch event {
                case .user(let user): "user \(batch.text(user.username) ?? "")"
                case .workflowStart(let start): "workflow \(batch.text(start.name) ?? "")"
                case .nodeStart(let start): "node \(batch.text(start.description.nodeName) ?? "")"
                default: "\(event.kind)"
                }
            }
            try await connection.acknowledge(batch.sequence)
        }
        #expect(events == ["user mina", "workflow late", "node search", "nodeEnd", "workflowEnd"])
        let after = client.statistics
        let isCounted = { (kind: EventKind) in after.shed[kind, default: 0] - before.shed[kind, default: 0] }
        #expect([EventKind.user, .workflowStart, .nodeStart].allSatisfy { isCounted($0) == 0 })
        #expect(isCounted(.generation) == 2)
        #expect(after.payloadsShed[.workflowStart] == 1 && after.payloadsShed[.nodeStart] == 1)
        #expect(after.refused == 0)
        _ = await client.shutdown(timeout: .zero)
    }

    @Test func `nothing is recorded of a run whose beginning found no room`() async throws {
        let collector = try await FakeCollector.start()
        let (client, _) = Self.fullClient(collector)
        let recorded = client.statistics.recorded
        let workflow = client.startWorkflow("late", user: "mina")
        await workflow.withNode("search", type: "tool") { _ in }
        #expect(workflow.end() == .shed)
        #expect(workflow.end(.running) != .shed)
        #expect(client.statistics.recorded == recorded)
        #expect(client.statistics.refused == 1)
        _ = await client.shutdown(timeout: .zero)
    }
}
