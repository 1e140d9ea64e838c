import Testing
import TracewireProtocol

@testable import TracewireStore

/// A workflow that is larger than what may be removed at a time.
struct LargePruningTests {
    private let recorder: Recorder
    private let large = identifier(1_000_000)
    private let nodes = 9_000 as UInt64
    private let calls = 5_000 as UInt64

    init() throws {
        recorder = try Recorder()
    }

    /// The large one, which began first, and a small one that began later.
    private func record(ends: Bool = true) throws {
        try recorder.send(user("kim"), workflowStart(large, at: 10, user: "kim") { $0.userInput = "the large one" })
        for start in stride(from: 1, through: nodes, by: 1_000) {
            let numbers = start..<min(start + 1_000, nodes + 1)
            try recorder.send(all: numbers.flatMap(records))
        }
        if ends { try recorder.send(workflowEnd(large, at: 5_000)) }
        let small = identifier(5)
        try recorder.send(workflowStart(small, at: 1_000, user: "kim"), workflowEnd(small, at: 1_100))
    }

    private func records(of number: UInt64) -> [Record<String>] {
        let node = identifier(1_000_000 + number)
        var records = [
            nodeStart(node, in: large, at: 20) {
                $0.description = NodeDescription(
                    nodeName: "search", nodeType: "tool", executionOrder: Int64(number % 100))
                $0.inputData = "\"the large one's \(number)\""
            },
            nodeEnd(node, in: large, at: 20 + Int64(number % 50)) {
                $0.stateData = "\"" + noise(60, seed: number) + "\""
            },
        ]
        guard number <= calls else { return records }
        records.append(
            generation(identifier(2_000_000 + number), in: large, node: node, at: Int64(30 + number)) {
                ($0.latencyMs, $0.totalTokens) = (Int64(number), 3)
            })
        return records
    }

    private var reader: StoreReader {
        get throws { try StoreReader(path: recorder.database.path) }
    }

    /// That nobody who asks for whole runs is told of it.
    private func expectHidden() throws {
        let reader = try reader
        #expect(try reader.report("workflows").column("uuid") == [.text("\(identifier(5))")])
        #expect(reader.report("workflow_page", ["after_id": .integer(0)]).rows.count == 1)
        #expect(reader.report("workflow", ["id": .text("\(large)")]).summary.code == .notFound)
        #expect(reader.report("search", ["text": .text("the large one")]).rows == [])
    }

    @Test func `goes in steps of a bounded size, hidden from the first on, and sums are right after each`() throws {
        try record()
        recorder.writer.checkpoint()
        var steps = 0
        while true {
            let rows = try rowCount()
            let step = try recorder.writer.prune(before: 500, limit: 64)
            #expect(try rows - rowCount() <= 4_097)
            #expect(try recorder.writer.rollupDifferences(limit: 5) == [])
            if step.removed == 1 { break }
            #expect(step.removed == 0 && step.hasMore)
            steps += 1
            try expectHidden()
            #expect(try recorder.value("SELECT end_reason FROM workflows WHERE created_at = 10") == .text("pruned"))
        }
        #expect(steps == 3)
        while try recorder.writer.prune(before: 500, limit: 64).hasMore {}
        #expect(try rowCount() == 1)
        #expect(try reader.report("workflows").rows.count == 1)
        #expect(try reader.report("check").rows == [])
        #expect(try recorder.value("SELECT count(*) FROM sqlite_sequence WHERE name LIKE '%pruned%'") == .integer(0))
    }

    @Test func `is gone for good once a part of it is, whatever its clients still say`() throws {
        try record(ends: false)
        let past = Recorder.now * 2
        #expect(try recorder.writer.prune(before: past, limit: 64) == (removed: 0, hasMore: true))
        for later in [0, 1_000_000] as [Int64] {
            #expect(try recorder.writer.failSilentWorkflows(silentForMs: 0, nowMs: past + later, limit: 10) == 0)
        }
        // Heard of anew, it would be no workflow that may go.
        let late = [
            generation(identifier(77), in: large, at: 40), describedStart(identifier(78), in: large, at: 41),
            workflowEnd(large, at: 6_000),
        ]
        #expect(try recorder.send(all: late) == [])
        try expectHidden()
        var removed = 0
        while true {
            let step = try recorder.writer.prune(before: 500, limit: 64)
            removed += step.removed
            if !step.hasMore { break }
        }
        #expect(removed == 1)
        #expect(try rowCount() == 1)
        #expect(try recorder.writer.rollupDifferences(limit: 5) == [])
    }

    @Test func `is taken up again after a crash, by whatever is removed next or by nothing but time`() throws {
        for isIdle in [true, false] {
            try record()
            #expect(try recorder.writer.prune(before: 500, limit: 64).removed == 0)
            try recorder.reopen()
            try expectHidden()
            if isIdle {
                while try recorder.writer.maintain(isIdle: true) {}
            } else {
                // Nothing ended before that, but for the one that goes.
                while try recorder.writer.retire(endedBefore: 1, limit: 8).hasMore {}
                while try recorder.writer.maintain(isIdle: true) {}
            }
            #expect(try rowCount() == 1)
            #expect(try reader.report("workflows").rows.count == 1)
            #expect(try reader.report("check").rows == [])
            #expect(try recorder.writer.rollupDifferences(limit: 5) == [])
        }
    }

    private func rowCount() throws -> Int64 {
        try recorder.writer.connection.integer(
            "SELECT (SELECT count(*) FROM workflows) + (SELECT count(*) FROM nodes) + (SELECT count(*) FROM generations)"
        )
    }
}
