import Testing
import TracewireProtocol

@testable import TracewireStore

/// Since when nothing is heard of a workflow, by the collector's clock, and what becomes of the silent ones.
struct SilenceTests {
    private let workflow = identifier(1)
    private let node = identifier(2)
    private let hour: Int64 = 3_600_000
    private let now = Recorder.now
    private let recorder: Recorder

    init() throws {
        recorder = try Recorder()
        // The first look begins the watch.
        _ = try failed(after: 0)
    }

    /// How many workflows are failed that far after the recorder began, when the limit is an hour.
    private func failed(after ms: Int64, limit: Int = 10) throws -> Int {
        try recorder.writer.failSilentWorkflows(silentForMs: hour, nowMs: now + ms, limit: limit)
    }

    private func heardAt() throws -> Value {
        try recorder.value("SELECT heard_at FROM workflows WHERE id = 1")
    }

    @Test func `runs of last year that are imported now are not silent`() throws {
        let lastYear = now - 365 * 24 * hour
        try recorder.send(workflowStart(workflow, at: lastYear), describedStart(node, in: workflow, at: lastYear + 1))
        #expect(try failed(after: 1_000) == 0)
        #expect(try recorder.value("SELECT status FROM workflows") == .text("running"))
    }

    @Test func `a workflow is failed when the collector heard nothing of it for long, and says why`() throws {
        // The clients' clocks say the opposite.
        let (silent, ended, heard) = (workflow, identifier(3), identifier(4))
        try recorder.send(
            workflowStart(silent, at: now + 9 * hour), workflowStart(ended), workflowStart(heard), workflowEnd(ended))
        try recorder.send(all: [describedStart(node, in: heard)], nowMs: now + hour)
        // What is remembered may be older than what was heard, by the grain.
        #expect(try failed(after: hour + HeardTimes.grainMs) == 0)
        #expect(try failed(after: hour + HeardTimes.grainMs + 1) == 1)
        let end = now + hour + HeardTimes.grainMs + 1
        #expect(
            try recorder.rows("SELECT id, status, completed_at FROM workflows WHERE end_reason = 'silent'")
                == [[.integer(1), .text("failed"), .integer(end)]])
        // What the writer remembers follows: the late end meets a failed workflow.
        let verdicts = try recorder.send(workflowEnd(silent))
        #expect(verdicts.first?.message == "workflow \(silent) cannot go from failed to completed")
    }

    @Test func `the longest silent are failed first, as many as are asked for`() throws {
        try recorder.send(all: [workflowStart(identifier(5))], nowMs: now + 2)
        try recorder.send(all: [workflowStart(identifier(6))], nowMs: now + 1)
        try recorder.send(all: [workflowStart(identifier(7))], nowMs: now + 3)
        #expect(try failed(after: 9 * hour, limit: 2) == 2)
        #expect(try recorder.value("SELECT id FROM workflows WHERE status = 'running'") == .integer(3))
        #expect(try failed(after: 9 * hour, limit: 2) == 1)
    }

    @Test func `a workflow is heard by its nodes, its generations and its end`() throws {
        try recorder.send(workflowStart(workflow))
        #expect(try heardAt() == .integer(now))
        let said = [
            describedStart(node, in: workflow), generation(identifier(9), in: workflow), nodeEnd(node, in: workflow),
            workflowEnd(workflow), generation(identifier(10), in: workflow),
        ]
        for (index, record) in said.enumerated() {
            let then = now + Int64(index + 1) * HeardTimes.grainMs
            try recorder.send(all: [record], nowMs: then)
            #expect(try heardAt() == .integer(then))
        }
    }

    @Test func `what is refused is not heard`() throws {
        try recorder.send(workflowStart(workflow))
        try recorder.send(all: [nodeEnd(node, in: workflow), workflowEnd(workflow, .skipped)], nowMs: now + hour)
        #expect(try heardAt() == .integer(now))
    }

    @Test func `what is heard within the grain is not written, also when nothing is cached`() throws {
        try recorder.send(workflowStart(workflow))
        try recorder.reopen()
        try recorder.send(
            all: [describedStart(node, in: workflow), nodeEnd(node, in: workflow)], nowMs: now + HeardTimes.grainMs - 1)
        #expect(try heardAt() == .integer(now))
        try recorder.reopen()
        try recorder.send(all: [workflowEnd(workflow)], nowMs: now + HeardTimes.grainMs)
        #expect(try heardAt() == .integer(now + HeardTimes.grainMs))
    }

    @Test func `the time in which no collector ran is nobody's silence`() throws {
        try recorder.send(workflowStart(workflow))
        try recorder.reopen()
        #expect(try failed(after: 9 * hour) == 0)
        #expect(try failed(after: 10 * hour + HeardTimes.grainMs) == 0)
        #expect(try failed(after: 10 * hour + HeardTimes.grainMs + 1) == 1)
    }

    @Test func `silent workflows are found without reading the others`() throws {
        let plan = try recorder.rows("EXPLAIN QUERY PLAN " + SilentWorkflows.selection)
        #expect(plan.map { $0[3] } == [.text("SEARCH workflows USING INDEX workflows_heard (heard_at<?)")])
    }
}
