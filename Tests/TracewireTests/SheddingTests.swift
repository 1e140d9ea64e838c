import Testing
import TracewireProtocol

@testable import Tracewire

/// What a client makes of records that its full queue has shed.
@Suite(.timeLimit(.minutes(5))) struct SheddingTests {
    private static func fullClient(_ collector: FakeCollector) -> (client: TracewireClient, workflow: WorkflowHandle) {
        var configuration = TracewireConfiguration.test(port: collector.port)
        configuration.memoryLimit = 64 << 10
        let client = TracewireClient(configuration)
        let workflow = client.startWorkflow("w")
        fill(client)
        return (client, workflow)
    }

    private static func fill(_ client: TracewireClient) {
        while client.record(.payload(8000)) == .queued {}
        while client.record(.user("x")) == .queued {}
    }

    /// The next events that come, so many, and the batches that they came in.
    private static func events(
        _ count: Int, _ connection: FakeConnection
    ) async throws -> [(event: Event<Slice>, batch: IncomingBatch)] {
        var events: [(Event<Slice>, IncomingBatch)] = []
        while events.count < count {
            let batch = try await connection.batch()
            events += batch.events.map { ($0, batch) }
            try await connection.acknowledge(batch.sequence)
        }
        return events
    }

    /// Takes all that the client holds; returns the connection.
    private static func empty(_ client: TracewireClient, _ collector: FakeCollector) async throws -> FakeConnection {
        let connection = try await collector.connection()
        try await connection.welcome()
        try await take(0, client, connection)
        return connection
    }

    /// The same, on a connection that so many records have come over.
    private static func take(_ taken: Int, _ client: TracewireClient, _ connection: FakeConnection) async throws {
        var taken = taken
        repeat {
            while taken < client.statistics.recorded {
                let batch = try await connection.batch()
                taken += batch.records.count
                try await connection.acknowledge(batch.sequence)
            }
            await Task.yield()
            // What was shed is reported when there is room.
        } while client.statistics.queuedBytes > 0
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

    @Test func `an end that was shed in its scope is the one that is recorded`() async throws {
        let collector = try await FakeCollector.start()
        let (client, workflow) = Self.fullClient(collector)
        let connection = try await Self.empty(client, collector)
        let node = workflow.startNode("search", type: "tool")
        _ = try await Self.events(1, connection)
        let taken = client.statistics.recorded
        Self.fill(client)
        let shed = client.statistics.shed
        #expect(node.end(.failed, errorMessage: "boom") == .shed)
        #expect(workflow.end(.cancelled) == .shed)
        #expect(node.status == .failed && workflow.status == .cancelled)
        #expect(node.end(.completed) != .shed && workflow.end(.completed) != .shed)
        try await Self.take(taken, client, connection)
        node.endScope { node.end(.completed) }
        workflow.endScope(.completed)
        let ends = try await Self.events(2, connection).map { event, batch in
            switch event {
            case .nodeEnd(let end): "\(end.status) \(batch.text(end.errorMessage) ?? "")"
            case .workflowEnd(let end): "\(end.status)"
            default: "\(event.kind)"
            }
        }
        #expect(ends == ["\(Status.failed.rawValue) boom", "\(Status.cancelled.rawValue)"])
        #expect(client.statistics.shed == shed)
        _ = await client.shutdown(timeout: .zero)
    }

    /// What nodes and workflows say when they end, in the order in which it comes.
    private static func ends(_ count: Int, _ connection: FakeConnection) async throws -> [String] {
        var ends: [String] = []
        while ends.count < count {
            for (event, batch) in try await events(1, connection) {
                switch event {
                case .nodeEnd(let end):
                    ends.append("node \(end.status) \(batch.text(end.errorMessage) ?? "")")
                case .workflowEnd(let end): ends.append("workflow \(end.status)")
                default: break
                }
            }
        }
        return ends
    }

    @Test func `an end that was shed after its beginning is the one that is recorded`() async throws {
        let collector = try await FakeCollector.start()
        let (client, _) = Self.fullClient(collector)
        let before = client.statistics.shed
        let workflow = client.startWorkflow("late")
        let node = workflow.startNode("search", type: "tool")
        #expect(node.end(.failed, errorMessage: "boom") == .shed)
        #expect(workflow.end(.cancelled) == .shed)
        // Tried again, it is not counted again.
        #expect(workflow.end(.cancelled) == .shed && node.start() != .shed)
        #expect(client.statistics.shed.values.reduce(0, +) == before.values.reduce(0, +) + 4)
        #expect(node.status == .failed && workflow.status == .cancelled)
        let connection = try await Self.empty(client, collector)
        node.endScope { node.end(.completed) }
        workflow.endScope(.completed)
        #expect(
            try await Self.ends(2, connection)
                == ["node \(Status.failed.rawValue) boom", "workflow \(Status.cancelled.rawValue)"])
        #expect(client.statistics.shed == before)
        _ = await client.shutdown(timeout: .zero)
    }

    @Test func `an end that was shed is recorded with whatever finds room next`() async throws {
        let collector = try await FakeCollector.start()
        let (client, _) = Self.fullClient(collector)
        let workflow = client.startWorkflow("late", user: "mina")
        await workflow.withNode("search", type: "tool") { _ in }
        #expect(workflow.end() == .shed)
        let connection = try await Self.empty(client, collector)
        #expect(client.record(.user("somebody")) == .queued)
        #expect(
            try await Self.ends(2, connection)
                == ["node \(Status.completed.rawValue) ", "workflow \(Status.completed.rawValue)"])
        _ = await client.shutdown(timeout: .zero)
    }

    @Test(arguments: [false, true])
    func `an end that was shed is recorded in a flush and in a shutdown`(isLast: Bool) async throws {
        let collector = try await FakeCollector.start()
        let (client, workflow) = Self.fullClient(collector)
        #expect(workflow.end(.failed) == .shed)
        async let report = isLast ? client.shutdown(timeout: .seconds(50)) : client.flush(timeout: .seconds(50))
        let connection = try await collector.connection()
        try await connection.welcome()
        var last = ""
        while !last.hasPrefix("workflow") { last = try await Self.ends(1, connection)[0] }
        #expect(last == "workflow \(Status.failed.rawValue)")
        #expect(await report.unknown == 0)
        #expect(client.statistics.shed[.workflowEnd] == nil)
        _ = await client.shutdown(timeout: .zero)
    }

    @Test func `an end that was shed and is tried again has all that it says, and is not counted`() async throws {
        let collector = try await FakeCollector.start()
        let (client, workflow) = Self.fullClient(collector)
        let shed = client.statistics.shed
        #expect(workflow.end(.completed, finalItinerary: ["place": "Yeonnam"]) == .shed)
        let connection = try await Self.empty(client, collector)
        #expect(workflow.end(.completed, finalItinerary: ["place": "Yeonnam"]) == .queued)
        let (event, batch) = try await Self.events(1, connection)[0]
        guard case .workflowEnd(let end) = event else {
            Issue.record("no end")
            return
        }
        #expect(batch.text(end.finalItinerary) == #"{"place":"Yeonnam"}"#)
        #expect(client.statistics.shed == shed)
        #expect(client.statistics.payloadsShed[.workflowEnd] == nil)
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
        let kinds = try await Self.events(4, connection).map(\.event.kind)
        #expect(kinds == [.workflowStart, .nodeStart, .nodeEnd, .workflowEnd])
        #expect(client.statistics.payloadsShed == [.workflowStart: 1, .nodeStart: 1, .nodeEnd: 1])
        #expect(client.statistics.refused == 0 && client.statistics.shed.isEmpty)
        _ = await client.shutdown(timeout: .zero)
    }

    @Test func `a node is described once, also where its waiting was shed and recorded late`() async throws {
        let collector = try await FakeCollector.start()
        let (client, workflow) = Self.fullClient(collector)
        let node = workflow.pendingNode("search", type: "tool", tags: ["late"])
        let connection = try await Self.empty(client, collector)
        var generation = Generation<String>()
        generation.modelName = "m"
        #expect(node.recordGeneration(generation) == .queued)
        #expect(node.start() == .queued)
        let events = try await Self.events(3, connection)
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
        let (client, _) = Self.fullClient(collector)
        let users = client.statistics.shed[.user, default: 0]
        let (first, second) = (client.startWorkflow("a", user: "mina"), client.startWorkflow("b", user: "mina"))
        #expect(client.statistics.shed[.user] == users + 2)
        _ = try await Self.empty(client, collector)
        #expect(first.end() == .queued && second.end() == .queued)
        #expect(client.statistics.shed[.user] == users)
        _ = await client.shutdown(timeout: .zero)
    }
}
