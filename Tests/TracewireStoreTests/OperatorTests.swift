import Testing
import TracewireProtocol

@testable import TracewireStore

/// Rejected and parked records.
struct OperatorTests {
    private let workflow = identifier(1)
    private let node = identifier(2)

    private func perform(_ name: String, id: Int64, _ recorder: Recorder) throws -> [Value] {
        switch try recorder.writer.perform(name, arguments: ["id": .integer(id)], nowMs: 7) {
        case .success(let answer):
            #expect(answer.columns.columns.map(\.name) == ["id", "outcome", "code", "message"])
            return answer.rows.rows.first ?? []
        case .failure(let fault): return [.text("\(fault.code)")]
        }
    }

    @Test func `a rejected record is kept whole, can be listed, and be decoded again`() throws {
        let recorder = try Recorder()
        let end = workflowEnd(workflow, .failed) { $0.finalItinerary = #"["연남"]"# }
        try recorder.send(workflowStart(workflow), workflowEnd(workflow), end)
        let reader = try StoreReader(path: recorder.database.path)
        let list = reader.report("rejected")
        #expect(try list.column("code") == [.text("illegal_transition")])
        #expect(try list.column("identity") == [.text("\(workflow)")])
        #expect(try list.column("record_index") == [.integer(2)])
        #expect(try list.column("producer") == [.text("\(recorder.producer)")])
        let kept = try reader.report("rejected_record", ["id": .integer(1)]).column("record")
        var writer = WireWriter()
        writer.append(end)
        #expect(kept == [.blob(writer.bytes)])
    }

    @Test func `a parked record can be read whole, with what it waits for`() throws {
        let recorder = try Recorder()
        let skip = nodeSkip(node, in: workflow)
        try recorder.send(workflowStart(workflow), skip)
        let reader = try StoreReader(path: recorder.database.path)
        let shown = reader.report("parked_record", ["id": .integer(1)])
        var writer = WireWriter()
        writer.append(skip)
        #expect(try shown.column("record") == [.blob(writer.bytes)])
        #expect(try shown.column("waits_for") == [.text("\(node)")])
        #expect(reader.report("parked_record", ["id": .integer(2)]).summary.code == .notFound)
    }

    @Test func `a rejected record can be tried again once its cause is gone`() throws {
        let recorder = try Recorder()
        try recorder.send(workflowStart(workflow), nodePending(node, in: workflow), nodeEnd(node, in: workflow))
        let again = try perform("rejected_retry", id: 1, recorder)
        #expect(Array(again.prefix(3)) == [.integer(1), .text("rejected"), .text("illegal_transition")])
        #expect(try recorder.value("SELECT count(*) FROM rejected_records") == .integer(1))
        try recorder.send(nodeStart(node, in: workflow))
        #expect(try perform("rejected_retry", id: 1, recorder).prefix(2) == [.integer(1), .text("accepted")])
        #expect(try recorder.value("SELECT status FROM nodes") == .text("completed"))
        #expect(try recorder.value("SELECT count(*) FROM rejected_records") == .integer(0))
        #expect(try perform("rejected_retry", id: 1, recorder) == [.text("not_found")])
        #expect(try recorder.writer.rollupDifferences(limit: 5) == [])
    }

    @Test func `a generation that is rejected at its writing stays rejected when it is tried again`() throws {
        let recorder = try Recorder()
        try recorder.send(
            workflowStart(workflow), generation(identifier(3), in: workflow),
            generation(identifier(3), in: workflow) { $0.output = "x" })
        let again = try perform("rejected_retry", id: 1, recorder)
        #expect(Array(again.prefix(3)) == [.integer(1), .text("rejected"), .text("conflicting_duplicate")])
        #expect(try recorder.value("SELECT count(*) FROM rejected_records") == .integer(1))
    }

    @Test func `a record that was rejected for want of room is parked when it is tried again`() throws {
        var limits = StoreLimits()
        limits.parkedRecords = 1
        let recorder = try Recorder(limits: limits)
        try recorder.send(workflowEnd(workflow), workflowEnd(identifier(9)))
        try recorder.send(workflowStart(workflow))
        #expect(try perform("rejected_retry", id: 1, recorder).prefix(2) == [.integer(1), .text("parked")])
        try recorder.send(workflowStart(identifier(9)))
        #expect(try recorder.value("SELECT count(*) FROM workflows WHERE status = 'completed'") == .integer(2))
    }

    @Test func `rejected and parked records can be discarded, each once`() throws {
        let recorder = try Recorder()
        try recorder.send(workflowEnd(workflow), workflowStart(identifier(5)), workflowEnd(identifier(5), .skipped))
        for action in ["rejected_discard", "parked_discard"] {
            #expect(try perform(action, id: 1, recorder).prefix(2) == [.integer(1), .text("discarded")])
            #expect(try perform(action, id: 1, recorder) == [.text("not_found")])
        }
        #expect(try recorder.writer.rollupDifferences(limit: 5) == [])
        try recorder.send(workflowStart(workflow))
        #expect(try recorder.value("SELECT status FROM workflows WHERE id = 2") == .text("running"))
    }

    @Test(arguments: ["rejected", "parked"])
    func `kept records are discarded up to one of them, a thousand at a time`(kind: String) throws {
        let recorder = try Recorder()
        try recorder.send(workflowStart(identifier(1)))
        let records = (0..<1_500 as Range<UInt64>).map { number in
            kind == "parked" ? workflowEnd(identifier(100 + number)) : workflowEnd(identifier(1), .skipped)
        }
        _ = try recorder.send(all: records)
        var discarded: [Int] = []
        while discarded.last != 0 {
            let answer = try recorder.writer.perform(
                "\(kind)_discard", arguments: ["through": .integer(1_400)], nowMs: 1)
            discarded.append(try answer.get().rows.rows.count)
        }
        #expect(discarded == [1_000, 400, 0])
        #expect(try recorder.value("SELECT min(id) FROM \(kind)_records") == .integer(1_401))
        #expect(try recorder.writer.rollupDifferences(limit: 5) == [])
    }

    @Test func `an action that does not exist or is asked wrongly is refused`() throws {
        let recorder = try Recorder()
        #expect(try perform("rejected_bury", id: 1, recorder) == [.text("unknown_report")])
        let answer = try recorder.writer.perform("rejected_retry", arguments: ["id": .text("1")], nowMs: 1)
        guard case .failure(let fault) = answer else {
            Issue.record("taken: \(answer)")
            return
        }
        #expect(fault.code == .invalidArgument)
    }
}
