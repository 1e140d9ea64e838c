import Testing
import TracewireProtocol

@testable import Tracewire

/// How workflows and nodes end whose ends a full queue has shed.
@Suite(.timeLimit(.minutes(5))) struct ShedEndTests {
    @Test func `an end that was shed in its scope is the one that is recorded`() async throws {
        let collector = try await FakeCollector.start()
        let (client, workflow) = FullQueue.fullClient(collector)
        let connection = try await FullQueue.empty(client, collector)
        let node = workflow.startNode("search", type: "tool")
        _ = try await FullQueue.events(1, connection)
        let taken = client.statistics.recorded
        FullQueue.fill(client)
        let shed = client.statistics.shed
        #expect(node.end(.failed, errorMessage: "boom") == .shed)
        #expect(workflow.end(.cancelled) == .shed)
        #expect(node.status == .failed && workflow.status == .cancelled)
        #expect(node.end(.completed) != .shed && workflow.end(.completed) != .shed)
        try await FullQueue.take(taken, client, connection)
        node.endScope { node.end(.completed) }
        workflow.endScope(.completed)
        let ends = try await FullQueue.events(2, connection).map { event, batch in
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
            for (event, batch) in try await FullQueue.events(1, connection) {
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
        let (client, _) = FullQueue.fullClient(collector)
        let before = client.statistics.shed
        let workflow = client.startWorkflow("late")
        let node = workflow.startNode("search", type: "tool")
        #expect(node.end(.failed, errorMessage: "boom") == .shed)
        #expect(workflow.end(.cancelled) == .shed)
        // Tried again, it is not counted again.
        #expect(workflow.end(.cancelled) == .shed && node.start() != .shed)
        #expect(client.statistics.shed.values.reduce(0, +) == before.values.reduce(0, +) + 4)
        #expect(node.status == .failed && workflow.status == .cancelled)
        let connection = try await FullQueue.empty(client, collector)
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
        let (client, _) = FullQueue.fullClient(collector)
        let workflow = client.startWorkflow("late", user: "mina")
        await workflow.withNode("search", type: "tool") { _ in }
        #expect(workflow.end() == .shed)
        let connection = try await FullQueue.empty(client, collector)
        #expect(client.record(.user("somebody")) == .queued)
        #expect(
            try await Self.ends(2, connection)
                == ["node \(Status.completed.rawValue) ", "workflow \(Status.completed.rawValue)"])
        _ = await client.shutdown(timeout: .zero)
    }

    @Test(arguments: [false, true])
    func `an end that was shed is recorded in a flush and in a shutdown`(isLast: Bool) async throws {
        let collector = try await FakeCollector.start()
        let (client, workflow) = FullQueue.fullClient(collector)
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
        let (client, workflow) = FullQueue.fullClient(collector)
        let shed = client.statistics.shed
        #expect(workflow.end(.completed, finalItinerary: ["place": "Yeonnam"]) == .shed)
        let connection = try await FullQueue.empty(client, collector)
        #expect(workflow.end(.completed, finalItinerary: ["place": "Yeonnam"]) == .queued)
        let (event, batch) = try await FullQueue.events(1, connection)[0]
        guard case .workflowEnd(let end) = event else {
            Issue.record("no end")
            return
        }
        #expect(batch.text(end.finalItinerary) == #"{"place":"Yeonnam"}"#)
        #expect(client.statistics.shed == shed)
        #expect(client.statistics.payloadsShed[.workflowEnd] == nil)
        _ = await client.shutdown(timeout: .zero)
    }
}
