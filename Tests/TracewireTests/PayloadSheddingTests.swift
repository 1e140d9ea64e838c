import Testing
import TracewireProtocol

@testable import Tracewire

/// What a full queue keeps, and what it gives up first.
@Suite struct PayloadSheddingTests {
    private let limits = BatchLimits(bytes: 1 << 20, records: 4096, recordBytes: 1 << 20)
    private let memory = 64 << 10

    private func queue() -> RecordQueue {
        .inMemory(memory)
    }

    private func call(_ bytes: Int) -> Record<String> {
        var call = Generation<String>()
        (call.generation, call.workflow) = (Identifier(high: 1, low: 1), Identifier(high: 2, low: 2))
        call.modelName = "gpt-4o"
        call.userPrompt = String(repeating: "x", count: bytes)
        return Record(atMs: 1, event: .generation(call))
    }

    /// Fills the room for payloads.
    private func fill(_ queue: RecordQueue) {
        while queue.append(call(1000)).outcome == .queued {}
    }

    private func taken(_ queue: RecordQueue) throws -> [Event<Slice>] {
        var events: [Event<Slice>] = []
        var sequence: UInt64 = 1
        while case .batch(let batch) = queue.batch(sequence, limits, allowsPartial: true) {
            events += try IncomingBatch.records(in: batch.bytes.span).map { try $0.content.get().event }
            sequence += 1
        }
        return events
    }

    @Test(arguments: [1000, 50_000]) func `an end keeps its status when its payload must go`(bytes: Int) throws {
        let queue = queue()
        fill(queue)
        #expect(queue.append(.payload(bytes, node: 7)).outcome == .queued)
        #expect(queue.counts.payloadsShed[.nodeEnd] == 1)
        #expect(queue.counts.shed == [.generation: 1])
        guard case .nodeEnd(let end) = try taken(queue).last else {
            Issue.record("the end is not there")
            return
        }
        #expect(end.node == Identifier(high: 1, low: 7))
        #expect(end.status == Status.completed.rawValue)
        #expect(end.stateData == nil)
    }

    @Test func `every kind about a workflow's life is kept, without what it carries`() throws {
        let queue = queue()
        fill(queue)
        let text = "\"" + String(repeating: "x", count: 1000) + "\""
        let description = NodeDescription(nodeName: "n", nodeType: "t", executionOrder: 3, tags: text, metadata: text)
        let workflow = Identifier(high: 2, low: 2)
        let node = Identifier(high: 1, low: 3)
        var workflowStart = WorkflowStart<String>()
        workflowStart.workflow = workflow
        (workflowStart.name, workflowStart.username, workflowStart.userInput) = ("w", "mina", text)
        (workflowStart.userIntent, workflowStart.timeSettings, workflowStart.dateTheme) = (text, text, text)
        (workflowStart.tags, workflowStart.metadata, workflowStart.searchRadius) = (text, text, 5)
        var pending = NodePending<String>()
        (pending.node, pending.workflow, pending.description) = (node, workflow, description)
        var start = NodeStart<String>()
        (start.node, start.workflow, start.description, start.inputData) = (node, workflow, description, text)
        var end = NodeEnd<String>()
        (end.status, end.durationMs, end.errorMessage, end.errorTraceback) = (Status.failed.rawValue, 9, "why", text)
        (end.node, end.workflow, end.stateData, end.outputData) = (node, workflow, text, text)
        var workflowEnd = WorkflowEnd<String>()
        workflowEnd.workflow = workflow
        (workflowEnd.status, workflowEnd.userIntent, workflowEnd.finalItinerary) = (5, text, text)
        let events: [Event<String>] = [
            .workflowStart(workflowStart), .nodePending(pending), .nodeStart(start), .nodeEnd(end),
            .workflowEnd(workflowEnd),
        ]
        for event in events { #expect(queue.append(Record(atMs: 1, event: event)).outcome == .queued) }
        for event in events { #expect(queue.counts.payloadsShed[event.kind] == 1) }
        let kept = try taken(queue).suffix(events.count)
        #expect(kept.map(\.kind) == events.map(\.kind))
        for event in kept {
            switch event {
            case .workflowStart(let start):
                #expect(start.name != nil && start.username != nil && start.searchRadius == 5)
                #expect(start.userInput == nil && start.tags == nil && start.metadata == nil)
            case .nodePending(let pending): #expect(pending.description.executionOrder == 3)
            case .nodeStart(let start): #expect(start.description.nodeName != nil && start.inputData == nil)
            case .nodeEnd(let end):
                #expect(end.durationMs == 9 && end.errorMessage != nil && end.errorTraceback == nil)
            case .workflowEnd(let end): #expect(end.status == 5 && end.finalItinerary == nil)
            default: Issue.record("\(event.kind) was not recorded")
            }
        }
    }

    @Test func `a call keeps its model, tokens and time, and the first words of its error`() throws {
        var record = Generation<String>()
        (record.generation, record.workflow) = (Identifier(high: 1, low: 1), Identifier(high: 2, low: 2))
        (record.modelName, record.totalTokens, record.latencyMs) = ("gpt-4o", 7, 9)
        (record.output, record.errorMessage) = ("x", String(repeating: "한", count: 1000))
        let bare = try #require(Record(atMs: 1, event: .generation(record)).withoutPayload)
        guard case .generation(let kept) = bare.event else { return }
        #expect(kept.modelName == "gpt-4o" && kept.totalTokens == 7 && kept.latencyMs == 9 && kept.output == nil)
        #expect(kept.errorMessage == String(repeating: "한", count: 84) + "…")
    }

    @Test func `the last room is for what happened, and what does not fit even there is counted by kind`() {
        let queue = queue()
        fill(queue)
        #expect(queue.append(call(1000)).outcome == .shed)
        while queue.append(.payload(1000)).outcome == .queued {}
        #expect(queue.counts.shed == [.generation: 2, .nodeEnd: 1])
        #expect(queue.progress.heldBytes <= memory)
        #expect(queue.progress.heldBytes > memory / 8 * 7)
    }

    @Test func `shedding is said once until half of the room is free again`() throws {
        let queue = queue()
        var said = 0
        for _ in 0..<80 {
            if queue.append(.payload(1000)).isFirstShed { said += 1 }
            // That there is room for what is small does not mean that it was over.
            if queue.append(.user("x")).isFirstShed { said += 1 }
        }
        #expect(said == 1)
        queue.acknowledge(through: UInt64(queue.batches().count), verdicts: [])
        for _ in 0..<80 { if queue.append(.payload(1000)).isFirstShed { said += 1 } }
        #expect(said == 2)
    }
}
