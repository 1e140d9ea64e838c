import Testing
import TracewireProtocol

@testable import Tracewire

/// What a client makes of records that its full queue has shed.
@Suite(.timeLimit(.minutes(5))) struct SheddingTests {
    @Test func `a node whose waiting was shed is described when it starts`() async throws {
        let collector = try await FakeCollector.start()
        let (client, workflow) = FullQueue.fullClient(collector)
        let shed = client.statistics.shed[.nodePending, default: 0]
        let node = workflow.pendingNode("search", type: "tool", tags: ["late"])
        #expect(client.statistics.shed[.nodePending, default: 0] == shed + 1)
        let connection = try await FullQueue.empty(client, collector)
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
        let (client, _) = FullQueue.fullClient(collector)
        #expect(client.recordUser(username: "mina") == .shed)
        let connection = try await FullQueue.empty(client, collector)
        client.startWorkflow("w", user: "mina").end()
        #expect(try await connection.batch().usernames == ["mina"])
        _ = await client.shutdown(timeout: .zero)
    }

    @Test func `a run whose beginning was shed is recorded from it as soon as there is room`() async throws {
        let collector = try await FakeCollector.start()
        let (client, _) = FullQueue.fullClient(collector)
        let before = client.statistics
        let workflow = client.startWorkflow("late", user: "mina", userInput: "long ago")
        let node = workflow.startNode("search", type: "tool", input: ["query": "tea"])
        #expect(workflow.status == .running && node.status == .running)
        #expect(node.recordGeneration(Generation()) == .shed)
        #expect(workflow.recordGeneration(Generation()) == .shed)
        #expect(client.statistics.recorded == before.recorded)
        let connection = try await FullQueue.empty(client, collector)
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
        let (client, _) = FullQueue.fullClient(collector)
        let recorded = client.statistics.recorded
        let workflow = client.startWorkflow("late", user: "mina")
        await workflow.withNode("search", type: "tool") { _ in }
        #expect(workflow.end() == .shed)
        #expect(workflow.end(.running) != .shed)
        #expect(client.statistics.recorded == recorded)
        #expect(client.statistics.refused == 1)
        _ = await client.shutdown(timeout: .zero)
    }

    @Test func `a beginning that is too large is recorded without what it carries`() async throws {
        let collector = try await FakeCollector.start()
        var configuration = TracewireConfiguration.test(port: collector.port)
        configuration.memoryLimit = 64 << 10
        let client = TracewireClient(configuration)
        let large = String(repeating: "x", count: 100_000)
        let workflow = client.startWorkflow("w", userInput: large)
        let node = workflow.startNode("n", type: "t", input: .string(large))
        #expect(node.end(.completed, state: .string(large)) == .queued)
        #expect(workflow.end() == .queued)
        let connection = try await collector.connection()
        try await connection.welcome()
        let kinds = try await FullQueue.events(4, connection).map(\.event.kind)
        #expect(kinds == [.workflowStart, .nodeStart, .nodeEnd, .workflowEnd])
        #expect(client.statistics.payloadsShed == [.workflowStart: 1, .nodeStart: 1, .nodeEnd: 1])
        #expect(client.statistics.refused == 0 && client.statistics.shed.isEmpty)
        _ = await client.shutdown(timeout: .zero)
    }

    @Test func `a node is described once, also where its waiting was shed and recorded late`() async throws {
        let collector = try await FakeCollector.start()
        let (client, workflow) = FullQueue.fullClient(collector)
        let node = workflow.pendingNode("search", type: "tool", tags: ["late"])
        let connection = try await FullQueue.empty(client, collector)
        var generation = Generation<String>()
        generation.modelName = "m"
        #expect(node.recordGeneration(generation) == .queued)
        #expect(node.start() == .queued)
        let events = try await FullQueue.events(3, connection)
        guard case .nodePending = events[0].event, case .generation = events[1].event,
            case .nodeStart(let start) = events[2].event
        else {
            Issue.record("not pending, generation, start")
            return
        }
        #expect(start.description.nodeName == nil)
        _ = await client.shutdown(timeout: .zero)
    }

    @Test func `a user whom another workflow has recorded since is not counted as lost`() async throws {
        let collector = try await FakeCollector.start()
        let (client, _) = FullQueue.fullClient(collector)
        let users = client.statistics.shed[.user, default: 0]
        let (first, second) = (client.startWorkflow("a", user: "mina"), client.startWorkflow("b", user: "mina"))
        #expect(client.statistics.shed[.user] == users + 2)
        _ = try await FullQueue.empty(client, collector)
        #expect(first.end() == .queued && second.end() == .queued)
        #expect(client.statistics.shed[.user] == users)
        _ = await client.shutdown(timeout: .zero)
    }
}
