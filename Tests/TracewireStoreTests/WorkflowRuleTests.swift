import Testing
import TracewireProtocol

@testable import TracewireStore

struct WorkflowRuleTests {
    private let workflow = identifier(1)

    @Test func `a workflow starts as running and ends as its end says`() throws {
        let recorder = try Recorder()
        #expect(try recorder.send(workflowStart(workflow, at: 10)).isEmpty)
        #expect(
            try recorder.rows("SELECT status, created_at, updated_at, completed_at FROM workflows")
                == [[.text("running"), .integer(10), .integer(10), .null]])
        #expect(try recorder.send(workflowEnd(workflow, .cancelled, at: 25)).isEmpty)
        #expect(
            try recorder.rows("SELECT status, created_at, updated_at, completed_at FROM workflows")
                == [[.text("cancelled"), .integer(10), .integer(25), .integer(25)]])
    }

    @Test(arguments: [Status.completed, .failed, .cancelled], [Status.completed, .failed, .cancelled])
    func `a workflow that has ended does not end in another way`(first: Status, second: Status) throws {
        let recorder = try Recorder()
        try recorder.send(workflowStart(workflow), workflowEnd(workflow, first))
        let verdicts = try recorder.send(workflowEnd(workflow, second))
        if first == second {
            #expect(verdicts.isEmpty)
        } else {
            #expect(verdicts.map(\.code) == [.illegalTransition])
            #expect(
                verdicts.first?.message
                    == "workflow \(workflow) cannot go from \(first.name) to \(second.name)")
        }
        #expect(try recorder.value("SELECT status FROM workflows") == .text(first.name))
    }

    @Test(arguments: [Status.pending, .running, .skipped])
    func `a workflow does not end as what is no end`(status: Status) throws {
        let recorder = try Recorder()
        try recorder.send(workflowStart(workflow))
        let verdicts = try recorder.send(workflowEnd(workflow, status))
        #expect(verdicts.map(\.code) == [.illegalTransition])
        #expect(verdicts.first?.message.contains("from running to \(status.name)") == true)
    }

    @Test func `a status that does not exist is refused`() throws {
        let recorder = try Recorder()
        try recorder.send(workflowStart(workflow))
        let verdicts = try recorder.send(workflowEnd(workflow) { $0.status = 77 })
        #expect(verdicts.map(\.code) == [.unknownStatus])
    }

    @Test(arguments: [false, true])
    func `a start that comes again is accepted, also after the end, and another one is refused`(
        reopened: Bool
    ) throws {
        let recorder = try Recorder()
        let start = workflowStart(workflow) {
            $0.userInput = "연남"
            $0.timeSettings = #"{"a": 1}"#
            $0.searchRadius = 1000
            $0.tags = "[]"
        }
        #expect(try recorder.codes(start, start) == [.ok, .ok])
        try recorder.send(workflowEnd(workflow))
        if reopened { try recorder.reopen() }
        #expect(try recorder.codes(start) == [.ok])
        let changes: [(inout WorkflowStart<String>) -> Void] = [
            { $0.name = "other" }, { $0.userInput = nil }, { $0.timeSettings = #"{"a":1}"# }, { $0.searchRadius = 1 },
            { $0.tags = nil }, { $0.metadata = "{}" }, { $0.userIntent = "{}" }, { $0.dateTheme = "{}" },
            { $0.inputType = "text" },
        ]
        for change in changes {
            guard case .workflowStart(var content) = start.event else { return }
            change(&content)
            let codes = try recorder.codes(Record(atMs: start.atMs, event: .workflowStart(content)))
            #expect(codes == [.conflictingDuplicate])
        }
        #expect(try recorder.codes(Record(atMs: start.atMs + 1, event: start.event)) == [.conflictingDuplicate])
        #expect(try recorder.value("SELECT count(*) FROM workflows") == .integer(1))
    }

    @Test(arguments: [nil, #"{"was":1}"#], [nil, #"{"is":2}"#])
    func `an end's user_intent replaces the start's, and both can still come again`(
        atStart: String?, atEnd: String?
    ) throws {
        let recorder = try Recorder()
        let start = workflowStart(workflow) { $0.userIntent = atStart }
        let end = workflowEnd(workflow) { $0.userIntent = atEnd }
        #expect(try recorder.codes(start, end, start, end) == [.ok, .ok, .ok, .ok])
        let expected = (atEnd ?? atStart).map { Value.text($0) } ?? .null
        #expect(try recorder.value("SELECT user_intent FROM workflows") == expected)
        #expect(
            try recorder.codes(
                workflowStart(workflow) { $0.userIntent = "3" }, workflowEnd(workflow) { $0.userIntent = "4" })
                == [.conflictingDuplicate, .conflictingDuplicate])
    }

    @Test func `an end that comes again with another content is refused`() throws {
        let recorder = try Recorder()
        try recorder.send(workflowStart(workflow), workflowEnd(workflow, at: 100) { $0.finalItinerary = "[1]" })
        #expect(try recorder.codes(workflowEnd(workflow, at: 100)) == [.conflictingDuplicate])
        #expect(
            try recorder.codes(workflowEnd(workflow, at: 101) { $0.finalItinerary = "[1]" })
                == [.conflictingDuplicate])
    }
}
