import Testing
import TracewireProtocol

@testable import TracewireStore

/// What programs say that they have shed of a workflow.
struct ShedTests {
    private let workflow = identifier(1)
    private let source = identifier(2)
    private let other = identifier(3)

    @Test func `the greatest counts of each source hold, in whatever order they come`() throws {
        let recorder = try Recorder()
        let records = [
            workflowStart(workflow), workflowEnd(workflow), workflowShed(workflow, by: source, records: 5, payloads: 2),
            workflowShed(workflow, by: source, records: 3, payloads: 4, at: 105),
            workflowShed(workflow, by: other, payloads: 7), workflowShed(workflow, by: other, payloads: 7),
        ]
        #expect(try recorder.send(all: records).isEmpty)
        #expect(
            try recorder.rows("SELECT records, payloads, reported_at FROM sheds ORDER BY source") == [
                [.integer(5), .integer(4), .integer(110)], [.integer(0), .integer(7), .integer(110)],
            ])
        let rows = try StoreReader(path: recorder.database.path).report("workflow", ["id": .integer(1)])
        let names = rows.columns.map(\.name)
        let row = try #require(rows.rows.first)
        let place = try #require(names.firstIndex(of: "shed_records"))
        #expect(row[place] == .integer(5))
        #expect(row[try #require(names.firstIndex(of: "shed_payloads"))] == .integer(11))
    }

    @Test func `a workflow says how many of its records were rejected, and how many wait`() throws {
        let recorder = try Recorder()
        try recorder.send(workflowStart(workflow), workflowEnd(workflow), workflowEnd(workflow, .failed))
        try recorder.send(workflowStart(identifier(2)), nodeEnd(identifier(9), in: workflow))
        let reader = try StoreReader(path: recorder.database.path)
        func kept(_ id: Int64) throws -> [Value] {
            let answer = reader.report("workflow", ["id": .integer(id)])
            let row = try #require(answer.rows.first)
            return try ["rejected_records", "parked_records"].map { name in
                row[try #require(answer.columns.firstIndex { $0.name == name })]
            }
        }
        #expect(try kept(1) == [.integer(1), .integer(1)])
        #expect(try kept(2) == [.integer(0), .integer(0)])
    }

    @Test func `what comes before its workflow is kept until that arrives`() throws {
        let recorder = try Recorder()
        #expect(try recorder.send(workflowShed(workflow, by: source, records: 1)).map(\.code) == [.parked])
        try recorder.send(workflowStart(workflow))
        #expect(try recorder.value("SELECT records FROM sheds") == .integer(1))
        #expect(try recorder.value("SELECT count(*) FROM parked_records") == .integer(0))
    }
}
