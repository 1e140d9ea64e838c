import Testing
import TracewireProtocol

@testable import TracewireStore

/// What a verdict tells a person: of which thing, in which keys, and never a payload.
struct VerdictSentenceTests {
    private let workflow = identifier(1)
    private let node = identifier(2)

    private func sentence(_ first: [Record<String>], then last: Record<String>) throws -> String? {
        let recorder = try Recorder()
        try recorder.send(all: first)
        return try recorder.send(last).last?.message
    }

    @Test func `a conflicting start of a workflow names the keys that differ`() throws {
        let again = workflowStart(workflow, at: 11, name: "other") { $0.metadata = #""secret""# }
        #expect(
            try sentence([workflowStart(workflow)], then: again)
                == "workflow \(workflow) has started already, and what was sent now differs in name, at_ms, metadata")
    }

    @Test func `a conflicting end of a workflow names the keys that differ`() throws {
        let again = workflowEnd(workflow) { $0.finalItinerary = "1" }
        #expect(
            try sentence([workflowStart(workflow), workflowEnd(workflow)], then: again)
                == "workflow \(workflow) has ended already, and what was sent now differs in final_itinerary")
    }

    @Test func `a start that comes again after its node's end says how it differs from the one accepted`() throws {
        let again = nodeStart(node, in: workflow) { $0.inputData = #""secret""# }
        let first = [workflowStart(workflow), describedStart(node, in: workflow), nodeEnd(node, in: workflow)]
        #expect(
            try sentence(first, then: again)
                == "node \(node) cannot go from completed to running; it has started already, and what was sent now "
                + "differs in input_data")
    }

    @Test(arguments: [false, true])
    func `a start that contradicts the announcement names the keys, written or not`(isWritten: Bool) throws {
        let recorder = try Recorder()
        let announced = [workflowStart(workflow), nodePending(node, in: workflow)]
        let start = describedStart(node, in: workflow, name: "secret", order: 2)
        if isWritten { try recorder.send(all: announced) }
        let verdicts = try recorder.send(all: isWritten ? [start] : announced + [start])
        #expect(
            verdicts.last?.message
                == "node \(node) was announced already, and what was sent now differs in node_name, execution_order")
    }

    @Test func `an announcement of a node that was never pending is not said to be its second`() throws {
        #expect(
            try sentence(
                [workflowStart(workflow), describedStart(node, in: workflow)], then: nodePending(node, in: workflow))
                == "node \(node) cannot go from running to pending")
    }

    @Test func `a conflicting generation names the keys that differ`() throws {
        let first = generation(identifier(3), in: workflow)
        let again = generation(identifier(3), in: workflow, at: 46) { $0.output = "secret" }
        #expect(
            try sentence([workflowStart(workflow), first], then: again)
                == "generation \(identifier(3)) is known already, and what was sent now differs in at_ms, output")
    }

    @Test func `a status that does not exist is told with the identity and with those that do`() throws {
        let verdict = try sentence([workflowStart(workflow)], then: unknownStatus())
        #expect(
            verdict == "workflow \(workflow) cannot end with status 9, which does not exist: "
                + "it may be 3 (completed), 4 (failed), 5 (cancelled)")
    }

    private func unknownStatus() -> Record<String> {
        workflowEnd(workflow) { $0.status = 9 }
    }
}
