import Testing
import TracewireProtocol

@testable import TracewireStore

struct ParkingTests {
    private let workflow = identifier(1)
    private let node = identifier(2)

    private var run: [Record<String>] {
        [
            user("kim"), workflowStart(workflow, user: "kim"), nodePending(node, in: workflow),
            nodeStart(node, in: workflow), generation(identifier(3), in: workflow, node: node),
            nodeEnd(node, in: workflow) { $0.stateData = "{}" }, workflowEnd(workflow),
        ]
    }

    private static let result = """
        SELECT u.username, w.status, n.status, n.state_data, g.node_id = n.id
        FROM users u JOIN workflows w ON w.user_id = u.id JOIN nodes n ON n.workflow_id = w.id
            JOIN generations g ON g.workflow_id = w.id
        """
    private static let expected: [[Value]] = [
        [.text("kim"), .text("completed"), .text("completed"), .text("{}"), .integer(1)]
    ]

    @Test(arguments: [false, true], [false, true])
    func `records that come before their parents are kept and applied when the parents come`(
        inOneBatch: Bool, reopened: Bool
    ) throws {
        let recorder = try Recorder()
        // The announcement still comes before the start, as from the one client that runs the node.
        let order = [6, 5, 4, 2, 3, 1, 0].map { run[$0] }
        var verdicts: [Verdict] = []
        if inOneBatch {
            verdicts = try recorder.send(all: order)
        } else {
            for record in order {
                verdicts += try recorder.send(record)
                if reopened { try recorder.reopen() }
            }
        }
        #expect(verdicts.map(\.code) == Array(repeating: .parked, count: 6))
        #expect(verdicts.first?.message == "kept until workflow \(workflow) arrives")
        #expect(try recorder.rows(Self.result) == Self.expected)
        #expect(try recorder.value("SELECT count(*) FROM parked_records") == .integer(0))
        #expect(try recorder.value("SELECT count(*) FROM rejected_records") == .integer(0))
    }

    @Test func `an end that was kept is applied after a start that was kept later`() throws {
        let recorder = try Recorder()
        let order = [5, 3, 2, 1, 0, 4, 6].map { run[$0] }
        try recorder.send(all: order)
        #expect(try recorder.rows(Self.result) == Self.expected)
    }

    @Test(arguments: [false, true])
    func `an end that was kept waits for the start of a node that is only announced`(reopened: Bool) throws {
        let recorder = try Recorder()
        try recorder.send(run[0], run[1], run[5])
        if reopened { try recorder.reopen() }
        #expect(try recorder.send(run[2], run[3], run[4], run[6]).isEmpty)
        #expect(try recorder.rows(Self.result) == Self.expected)
        #expect(try recorder.value("SELECT count(*) FROM parked_records") == .integer(0))
        #expect(try recorder.value("SELECT count(*) FROM rejected_records") == .integer(0))
    }

    @Test(arguments: 0..<40)
    func `a run comes out the same in whatever order its parts arrive`(seed: UInt64) throws {
        // Parts of which each is in order, as over connections of their own.
        var generator = SplitMix(state: seed)
        var parts = [[run[0]], [run[1], run[6]], [run[2], run[3], run[5]], [run[4]]]
        var order: [Record<String>] = []
        while !parts.isEmpty {
            let index = Int.random(in: 0..<parts.count, using: &generator)
            order.append(parts[index].removeFirst())
            if parts[index].isEmpty { parts.remove(at: index) }
        }
        let recorder = try Recorder()
        for record in order { try recorder.send(record) }
        #expect(try recorder.rows(Self.result) == Self.expected)
        #expect(try recorder.value("SELECT count(*) FROM rejected_records") == .integer(0))
    }

    @Test func `what a parked record waits for can be read`() throws {
        let recorder = try Recorder()
        try recorder.send(
            workflowStart(workflow, user: "kim"), nodeEnd(node, in: workflow), workflowEnd(workflow))
        let columns = "sequence, record_index, kind, identity, waits_for_kind, waits_for, received_at"
        let now = Value.integer(Recorder.now)
        #expect(
            try recorder.rows("SELECT \(columns) FROM parked_records ORDER BY id") == [
                [
                    .integer(1), .integer(0), .text("workflow.start"), .text("\(workflow)"), .text("user"),
                    .text("kim"),
                    now,
                ],
                [
                    .integer(1), .integer(1), .text("node.end"), .text("\(node)"), .text("node"), .text("\(node)"), now,
                ],
                [
                    .integer(1), .integer(2), .text("workflow.end"), .text("\(workflow)"), .text("workflow"),
                    .text("\(workflow)"), now,
                ],
            ])
    }

    @Test func `a start that says again what its announcement said is accepted, however long the values are`() throws {
        let recorder = try Recorder()
        let tags = "\"" + noise(3_000) + "\""
        let pending = nodePending(node, in: workflow) { $0.description.tags = tags }
        let start = nodeStart(node, in: workflow) {
            $0.description = NodeDescription(nodeName: "search", nodeType: "tool", executionOrder: 1, tags: tags)
        }
        #expect(
            try recorder.send(pending, start, nodeEnd(node, in: workflow)).map(\.code) == [.parked, .parked, .parked])
        try recorder.send(workflowStart(workflow))
        #expect(try recorder.value("SELECT status FROM nodes") == .text("completed"))
        // Something else that is written in the same transaction comes in between.
        let (second, call) = (identifier(30), identifier(31))
        let other = nodePending(second, in: workflow, order: 2) { $0.description.tags = tags }
        let again = nodeStart(second, in: workflow) {
            $0.description = NodeDescription(nodeName: "search", nodeType: "tool", executionOrder: 2, tags: tags)
        }
        let twice = [other, generation(call, in: workflow), generation(call, in: workflow), again]
        #expect(try recorder.send(all: twice).isEmpty)
        #expect(try recorder.value("SELECT count(*) FROM rejected_records") == .integer(0))
    }

    @Test func `a record that is not allowed when its parent comes is rejected then`() throws {
        let recorder = try Recorder()
        try recorder.send(nodeEnd(node, in: workflow))
        #expect(try recorder.send(workflowStart(workflow), nodePending(node, in: workflow)).isEmpty)
        #expect(try recorder.value("SELECT waits_for_kind FROM parked_records") == .text("start"))
        #expect(try recorder.send(nodeSkip(node, in: workflow)).isEmpty)
        #expect(
            try recorder.rows("SELECT kind, code, sequence, record_index FROM rejected_records")
                == [[.text("node.end"), .text("illegal_transition"), .integer(1), .integer(0)]])
        #expect(try recorder.value("SELECT count(*) FROM parked_records") == .integer(0))
    }

    @Test func `no more records wait than the limit, and a client may try again`() throws {
        var limits = StoreLimits()
        limits.parkedRecords = 3
        let recorder = try Recorder(limits: limits)
        let ends = (10..<15).map { workflowEnd(identifier($0)) }
        let verdicts = try recorder.send(all: ends)
        #expect(verdicts.map(\.code) == [.parked, .parked, .parked, .parkedLimit, .parkedLimit])
        #expect(verdicts.map(\.retryable) == [false, false, false, true, true])
        #expect(verdicts.last.map { $0.retryAfterMs > 0 } == true)
        #expect(try recorder.send(workflowStart(identifier(10))).isEmpty)
        #expect(try recorder.codes(workflowEnd(identifier(16))) == [.parked])
    }

    @Test func `a record that waited too long is rejected, makes room, and can be tried again`() throws {
        let recorder = try Recorder()
        try recorder.send(all: [workflowEnd(workflow)], nowMs: 1_000)
        try recorder.send(all: [nodeEnd(node, in: workflow)], nowMs: 2_000)
        #expect(try recorder.writer.rejectExpired(parkedForMs: 5_000, nowMs: 6_000) == 0)
        #expect(try recorder.writer.rejectExpired(parkedForMs: 5_000, nowMs: 6_500) == 1)
        #expect(try recorder.value("SELECT kind FROM parked_records") == .text("node.end"))
        #expect(
            try recorder.rows("SELECT kind, code, message FROM rejected_records") == [
                [
                    .text("workflow.end"), .text("parent_missing"),
                    .text("it waited for workflow \(workflow), which did not come"),
                ]
            ])
        #expect(recorder.writer.rejections == 1)
        try recorder.send(workflowStart(workflow))
        _ = try recorder.writer.perform("rejected_retry", arguments: ["id": .integer(1)], nowMs: 7_000).get()
        #expect(try recorder.value("SELECT status FROM workflows") == .text("completed"))
    }

    @Test func `records that are rejected because another was tried again are counted`() throws {
        var limits = StoreLimits()
        limits.parkedRecords = 2
        let recorder = try Recorder(limits: limits)
        #expect(try recorder.codes(workflowEnd(workflow, .failed), workflowEnd(workflow)) == [.parked, .parked])
        #expect(try recorder.codes(workflowStart(workflow, user: "kim")) == [.parkedLimit])
        let retry = ["id": Value.integer(1)]
        _ = try recorder.writer.perform("rejected_retry", arguments: retry, nowMs: 0).get()
        #expect(recorder.writer.rejections == 1, "it stays where it is")
        try recorder.send(user("kim"))
        _ = try recorder.writer.perform("rejected_retry", arguments: retry, nowMs: 0).get()
        #expect(try recorder.value("SELECT code FROM rejected_records") == .text("illegal_transition"))
        #expect(recorder.writer.rejections == 2)
    }

    @Test func `thousands of records that wait for one another are applied without a deep stack`() throws {
        let recorder = try Recorder()
        let nodes = (100..<2_100).map { identifier($0) }
        var records = nodes.map { nodeEnd($0, in: workflow) }
        records += nodes.map { describedStart($0, in: workflow) }
        try recorder.send(all: records)
        #expect(try recorder.value("SELECT count(*) FROM parked_records") == .integer(4_000))
        try recorder.send(workflowStart(workflow))
        #expect(try recorder.value("SELECT count(*) FROM nodes WHERE status = 'completed'") == .integer(2_000))
    }

    @Test func `the next record that waits is found without sorting those that wait with it`() throws {
        let recorder = try Recorder()
        let plan = try recorder.rows(
            """
            EXPLAIN QUERY PLAN SELECT id FROM parked_records WHERE waits_for_kind = 'a' AND waits_for = 'b'
            ORDER BY kind = 'node.end', id LIMIT 1
            """)
        let details = plan.compactMap { if case .text(let detail) = $0[3] { detail } else { nil } }
        #expect(details.count == 1 && details[0].contains("parked_records_wait"), "\(details)")
    }
}

/// Random numbers that are the same in every run.
struct SplitMix: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = state
        mixed = (mixed ^ mixed >> 30) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ mixed >> 27) &* 0x94d0_49bb_1331_11eb
        return mixed ^ mixed >> 31
    }
}
