import Testing
import TracewireProtocol

@testable import TracewireStore

struct RetirementTests {
    private let recorder: Recorder

    init() throws {
        recorder = try Recorder()
    }

    /// A workflow with a generation of `bytes`; one that does not end has the status `nil`.
    private func record(_ number: UInt64, at: Int64, ends: Int64?, bytes: Int = 100, as status: Status = .completed)
        throws
    {
        let workflow = identifier(number * 10)
        try recorder.send(
            workflowStart(workflow, at: at),
            generation(identifier(number * 10 + 1), in: workflow, at: at) {
                $0.output = noise(bytes, seed: number)
            })
        guard let ends else { return }
        try recorder.send(workflowEnd(workflow, status, at: ends))
    }

    private var left: [Value] {
        get throws {
            try PlainConnection(recorder.database.path).rows("SELECT id FROM workflows ORDER BY id").map { $0[0] }
        }
    }

    @Test func `what had ended before goes, however it ended, and what runs or ended later stays`() throws {
        try record(1, at: 100, ends: 200)
        try record(2, at: 100, ends: 500)
        try record(3, at: 100, ends: nil)
        try record(4, at: 150, ends: 300, as: .failed)
        try record(5, at: 160, ends: 300, as: .cancelled)
        let step = try recorder.writer.retire(endedBefore: 400, limit: 10)
        #expect(step.removed == 3 && !step.hasMore)
        #expect(try left == [.integer(2), .integer(3)])
        #expect(try recorder.writer.retire(endedBefore: .max, limit: 10).removed == 1)
        #expect(try left == [.integer(3)])
        while try recorder.writer.clearRetired() {}
        #expect(try StoreReader(path: recorder.database.path).report("check").rows == [])
    }

    @Test func `the oldest go first, however they ended`() throws {
        for number in 1...9 as ClosedRange<UInt64> {
            let status: Status = [.completed, .failed, .cancelled][Int(number) % 3]
            try record(number, at: 1_000 - Int64(number), ends: 2_000, as: status)
        }
        #expect(try recorder.writer.retire(endedBefore: .max, limit: 4) == (removed: 4, hasMore: true))
        #expect(try left == (1...5).map { .integer($0) })
    }

    @Test func `what goes leaves its room to the file system`() throws {
        for number in 1...60 as ClosedRange<UInt64> { try record(number, at: 1, ends: 2, bytes: 60_000) }
        try recorder.writer.emptyLog()
        let before = try recorder.writer.space()
        #expect(before.logBytes == 0 && before.fileBytes >= before.contentBytes)
        while try recorder.writer.retire(endedBefore: 3, limit: 7).removed > 0 {
            while try recorder.writer.clearRetired() {}
        }
        let emptied = try recorder.writer.space()
        #expect(emptied.contentBytes < before.contentBytes / 4 && emptied.freeBytes > 0)
        while try recorder.writer.giveBack(keeping: 0) {}
        try recorder.writer.emptyLog()
        let after = try recorder.writer.space()
        #expect(after.fileBytes < before.fileBytes / 4 && after.logBytes == 0)
        #expect(try StoreReader(path: recorder.database.path).report("check").rows == [])
        #expect(try recorder.writer.rollupDifferences(limit: 5) == [])
    }

    @Test func `records that were rejected or have waited since before are forgotten, and counted no more`() throws {
        for number in 1...300 as ClosedRange<UInt64> {
            try recorder.send(
                all: [
                    workflowEnd(identifier(number), at: 1),
                    workflowEnd(identifier(number + 1_000), at: 1) { $0.status = 99 },
                ], nowMs: Int64(number))
        }
        let counts = "SELECT (SELECT count(*) FROM rejected_records), (SELECT count(*) FROM parked_records)"
        let plain = try PlainConnection(recorder.database.path)
        #expect(try plain.rows(counts) == [[.integer(300), .integer(300)]])
        var removed = 0
        while true {
            let step = try recorder.writer.forgetRecords(receivedBefore: 281)
            removed += step.removed
            if !step.hasMore { break }
        }
        #expect(removed == 560)
        #expect(try plain.rows(counts) == [[.integer(20), .integer(20)]])
        #expect(try recorder.writer.rollupDifferences(limit: 5) == [])
    }

    @Test func `finding what had ended needs no look at the others`() throws {
        let plan = try PlainConnection(recorder.database.path).rows("EXPLAIN QUERY PLAN " + Pruning.endedSelection)
        let steps = plan.compactMap { row in if case .text(let text) = row.last { text } else { nil } }
        let searches = steps.filter { $0.contains("workflows") }
        #expect(searches.count == 3)
        #expect(
            searches.allSatisfy { $0.contains("USING INDEX workflows_status (status=? AND created_at<?)") }, "\(steps)")
    }
}
