import Testing
import TracewireProtocol

@testable import TracewireStore

struct NodeRuleTests {
    private let workflow = identifier(1)
    private let node = identifier(2)

    /// What leads a node from nothing to a status.
    private func path(to status: Status) -> [Record<String>] {
        let pending = nodePending(node, in: workflow)
        let start = nodeStart(node, in: workflow)
        switch status {
        case .pending: return [pending]
        case .running: return [pending, start]
        case .skipped: return [pending, nodeSkip(node, in: workflow)]
        case .completed, .failed: return [pending, start, nodeEnd(node, in: workflow, status)]
        case .cancelled: return []
        }
    }

    private func event(to status: Status) -> Record<String> {
        switch status {
        case .pending: nodePending(node, in: workflow, at: 77)
        case .running: nodeStart(node, in: workflow, at: 77)
        case .skipped: nodeSkip(node, in: workflow, at: 77)
        default: nodeEnd(node, in: workflow, status, at: 77)
        }
    }

    /// How events reach the store: it must not matter what is cached or written already.
    enum Way: CaseIterable {
        case oneBatch
        case oneBatchEach
        case reopenedBetween
    }

    private func send(_ records: [Record<String>], _ way: Way, to recorder: Recorder) throws -> [Verdict] {
        switch way {
        case .oneBatch: return try recorder.send(all: records)
        case .oneBatchEach: return try records.flatMap { try recorder.send($0) }
        case .reopenedBetween:
            return try records.flatMap { record in
                try recorder.reopen()
                return try recorder.send(record)
            }
        }
    }

    @Test(arguments: [Status.pending, .running, .skipped, .completed, .failed], Way.allCases)
    func `a node's events are accepted exactly where the status table allows them`(from: Status, way: Way) throws {
        for to in [Status.pending, .running, .skipped, .completed, .failed] {
            let recorder = try Recorder()
            try recorder.send(workflowStart(workflow))
            let verdicts = try send(path(to: from) + [event(to: to)], way, to: recorder)
            if StatusEntity.node.allows(from: from, to: to) {
                #expect(verdicts.isEmpty, "\(from) to \(to)")
                #expect(try recorder.value("SELECT status FROM nodes") == .text(to.name))
            } else {
                // The same status again, at another time, is another event of the same kind.
                #expect(verdicts.map(\.code) == [from == to ? .conflictingDuplicate : .illegalTransition])
                if from != to {
                    let sentence = "node \(node) cannot go from \(from.name) to \(to.name)"
                    #expect(verdicts.first?.message.hasPrefix(sentence) == true)
                }
                #expect(try recorder.value("SELECT status FROM nodes") == .text(from.name))
            }
        }
    }

    @Test(arguments: [Status.pending, .running, .skipped, .completed, .failed], Way.allCases)
    func `every event of a node that comes again is accepted and changes nothing`(status: Status, way: Way) throws {
        let recorder = try Recorder()
        try recorder.send(workflowStart(workflow))
        let path = path(to: status)
        #expect(try send(path, way, to: recorder).isEmpty)
        let before = try recorder.rows("SELECT * FROM nodes")
        #expect(try send(path, way, to: recorder).isEmpty)
        #expect(try recorder.rows("SELECT * FROM nodes") == before)
    }

    @Test(arguments: Way.allCases)
    func `a node's row holds what its events said`(way: Way) throws {
        let recorder = try Recorder()
        try recorder.send(workflowStart(workflow))
        let verdicts = try send(
            [
                nodePending(node, in: workflow, at: 20, order: 7) { $0.description.tags = "[1e2]" },
                nodeStart(node, in: workflow, at: 30) { $0.inputData = "123" },
                nodeEnd(node, in: workflow, .failed, at: 75) {
                    $0.stateData = #"{"b": 1,"a":"\ud83d"}"#
                    $0.outputData = "null"
                    $0.errorMessage = "실패"
                    $0.errorTraceback = ""
                },
            ], way, to: recorder)
        #expect(verdicts.isEmpty)
        let columns = """
            node_name, node_type, execution_order, status, pending_at, started_at, completed_at, duration_ms, tags,
            input_data, state_data, output_data, error_message, error_traceback, metadata
            """
        let expected: [Value] = [
            .text("search"), .text("tool"), .integer(7), .text("failed"), .integer(20), .integer(30), .integer(75),
            .integer(45), .text("[1e2]"), .text("123"), .text(#"{"b": 1,"a":"\ud83d"}"#), .text("null"), .text("실패"),
            .text(""), .null,
        ]
        #expect(try recorder.rows("SELECT \(columns) FROM nodes") == [expected])
    }

    @Test func `a node that was never pending starts with its description`() throws {
        let recorder = try Recorder()
        try recorder.send(workflowStart(workflow), describedStart(node, in: workflow, at: 30))
        #expect(
            try recorder.rows("SELECT status, pending_at, started_at FROM nodes")
                == [[.text("running"), .null, .integer(30)]])
        #expect(try recorder.codes(nodePending(node, in: workflow)) == [.illegalTransition])
    }

    @Test(arguments: Way.allCases)
    func `a start's description has to agree with the announcement`(way: Way) throws {
        let recorder = try Recorder()
        try recorder.send(workflowStart(workflow))
        let records = [
            nodePending(node, in: workflow), describedStart(node, in: workflow, name: "other"),
            describedStart(node, in: workflow, order: 2), describedStart(node, in: workflow),
        ]
        let verdicts = try send(records, way, to: recorder)
        #expect(verdicts.map(\.code) == [.conflictingDuplicate, .conflictingDuplicate])
        #expect(try recorder.value("SELECT status FROM nodes") == .text("running"))
    }

    @Test(arguments: [Status.pending, .running, .skipped])
    func `a node does not end as what is no end, whatever it is at`(status: Status) throws {
        let recorder = try Recorder()
        try recorder.send(workflowStart(workflow), nodePending(node, in: workflow))
        #expect(try recorder.codes(nodeEnd(node, in: workflow, status)) == [.illegalTransition])
        try recorder.send(nodeStart(node, in: workflow))
        #expect(try recorder.codes(nodeEnd(node, in: workflow, status)) == [.illegalTransition])
    }

    @Test func `an end that comes again with another content is refused`() throws {
        let recorder = try Recorder()
        let end = nodeEnd(node, in: workflow) { $0.stateData = "{}" }
        try recorder.send(all: [workflowStart(workflow)] + path(to: .running) + [end])
        let changes: [(inout NodeEnd<String>) -> Void] = [
            { $0.stateData = "{ }" }, { $0.outputData = "{}" }, { $0.errorMessage = "" }, { $0.errorTraceback = "x" },
            { $0.durationMs = 1 },
        ]
        for change in changes {
            guard case .nodeEnd(var content) = end.event else { return }
            change(&content)
            let codes = try recorder.codes(Record(atMs: end.atMs, event: .nodeEnd(content)))
            #expect(codes == [.conflictingDuplicate])
        }
        #expect(try recorder.codes(end) == [.ok])
    }

    @Test func `a duration that is given is kept, and one that is taken from the times is never negative`() throws {
        let recorder = try Recorder()
        let other = identifier(3)
        try recorder.send(
            workflowStart(workflow), describedStart(node, in: workflow, at: 90), nodeEnd(node, in: workflow, at: 50),
            describedStart(other, in: workflow, at: 90, order: 2),
            nodeEnd(other, in: workflow, at: 95) { $0.durationMs = 4_000 })
        #expect(
            try recorder.rows("SELECT duration_ms FROM nodes ORDER BY id") == [[.integer(0)], [.integer(4_000)]])
    }

    @Test(arguments: Way.allCases)
    func `an event that names another workflow than the node's is refused`(way: Way) throws {
        let recorder = try Recorder()
        let other = identifier(9)
        try recorder.send(all: [workflowStart(workflow), workflowStart(other)] + path(to: .running))
        let verdicts = try send(
            [
                nodePending(node, in: other), nodeStart(node, in: other), nodeSkip(node, in: other),
                nodeEnd(node, in: other), generation(identifier(10), in: other, node: node),
                generation(identifier(10), in: identifier(11), node: node),
            ], way, to: recorder)
        #expect(verdicts.map(\.code) == Array(repeating: .wrongParent, count: 6))
        #expect(verdicts.last?.message == "node \(node) does not belong to workflow \(identifier(11))")
    }

    @Test func `nodes and generations may come after their workflow has ended`() throws {
        let recorder = try Recorder()
        try recorder.send(workflowStart(workflow), workflowEnd(workflow))
        let verdicts = try recorder.send(
            all: path(to: .completed) + [generation(identifier(5), in: workflow, node: node)])
        #expect(verdicts.isEmpty)
        #expect(try recorder.value("SELECT count(*) FROM generations WHERE node_id IS NOT NULL") == .integer(1))
    }

    @Test func `a node that the cache has forgotten goes on from its row`() throws {
        var limits = StoreLimits()
        limits.liveNodes = 4
        limits.liveWorkflows = 2
        let recorder = try Recorder(limits: limits)
        let nodes = (100..<160).map { identifier($0) }
        var records = [workflowStart(workflow)]
        records += nodes.enumerated().map { nodePending($1, in: workflow, order: Int64($0)) }
        records += nodes.map { nodeStart($0, in: workflow) }
        // Several nodes are changed in the same transaction after having been forgotten in it.
        records += nodes.reversed().map { nodeEnd($0, in: workflow) }
        #expect(try recorder.send(all: records).isEmpty)
        #expect(try recorder.value("SELECT count(*) FROM nodes WHERE status = 'completed'") == .integer(60))
    }
}
