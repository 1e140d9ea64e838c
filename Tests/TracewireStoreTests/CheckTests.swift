import Testing
import TracewireProtocol

@testable import TracewireStore

struct CheckTests {
    private let recorder: Recorder
    private let workflow = identifier(1)

    init() throws {
        recorder = try Recorder()
        try recorder.sendEverything(workflow, identifier(2))
        for number in 0..<5 as Range<UInt64> {
            try recorder.send(
                generation(identifier(100 + number), in: workflow) { $0.output = noise(3_000, seed: number) })
        }
    }

    private func problems() throws -> [String] {
        let answer = try StoreReader(path: recorder.database.path).report("check")
        #expect(answer.summary.code == .ok)
        return answer.rows.map { row in
            row.map { if case .text(let text) = $0 { text } else { "?" } }.joined(separator: " | ")
        }
    }

    private func change(_ sql: String) throws {
        try recorder.writer.connection.execute("PRAGMA foreign_keys = OFF; \(sql)")
    }

    @Test func `nothing is wrong with a database as the writer leaves it`() throws {
        #expect(try problems() == [])
        while try recorder.writer.maintain(isIdle: true) {}
        #expect(try problems() == [])
    }

    @Test func `a damaged segment is named, and every row that needs it`() throws {
        try change("UPDATE segments SET data = zeroblob(50) WHERE start = (SELECT max(start) FROM segments)")
        let problems = try problems()
        #expect(problems.count == 2)
        #expect(problems.first?.hasPrefix("segment | ") == true && problems.first?.contains("is damaged") == true)
        #expect(problems.last?.hasPrefix("value | generations 6 output | the segment at ") == true)
    }

    @Test(arguments: ["data = zeroblob(50)", "raw_bytes = 9223372036854775807", "raw_bytes = -1"])
    func `around a damaged segment everything goes on, and what is sent again is told from it`(damage: String) throws {
        try change("UPDATE segments SET \(damage) WHERE start = (SELECT max(start) FROM segments)")
        try recorder.reopen()
        let again = generation(identifier(104), in: workflow) { $0.output = noise(3_000, seed: 4) }
        let other = generation(identifier(103), in: workflow) { $0.output = noise(3_000, seed: 3) }
        #expect(try recorder.codes(again, other) == [.conflictingDuplicate, .ok])
        let new = generation(identifier(200), in: workflow) { $0.output = noise(3_000, seed: 9) }
        #expect(try recorder.codes(new, new) == [.ok, .ok])
        while try recorder.writer.maintain(isIdle: true) {}
        let reader = try StoreReader(path: recorder.database.path)
        let lengths = reader.sql("SELECT length(output) FROM generations WHERE id IN (4, 5, 7)").rows
        #expect(lengths == [[.integer(3_000)], [.integer(3_000)], [.integer(3_000)]])
        #expect(try problems().contains { $0.hasPrefix("segment | ") })
    }

    @Test func `a segment that is gone is missed by the rows`() throws {
        try change("DELETE FROM segments WHERE start = (SELECT max(start) FROM segments)")
        #expect(try problems().allSatisfy { $0.hasPrefix("value | generations 6 output | no segment holds") })
        #expect(try problems().count == 1)
    }

    @Test func `a reference that leads to another row's value, or nowhere, is named`() throws {
        try change("UPDATE generations SET output = (SELECT output FROM generations WHERE id = 2) WHERE id = 3")
        try change("UPDATE generations SET output = x'ff' WHERE id = 4")
        #expect(
            try problems().map { $0.prefix(28) } == ["value | generations 3 output", "value | generations 4 output"])
    }

    @Test func `segments that lie one over the other, and entries that are not whole, are named`() throws {
        try change("UPDATE segments SET start = start - 1 WHERE start = (SELECT max(start) FROM segments)")
        let problems = try problems()
        #expect(problems.contains { $0.contains("lies over the segment before it") })
    }

    @Test func `a row without its parent is named`() throws {
        try change("UPDATE generations SET workflow_id = 77 WHERE id = 5")
        #expect(try problems().first == "row | generations 5 | refers to a row of workflows that does not exist")
    }

    @Test func `a sum that does not agree with the rows is named, and repaired`() throws {
        try change("UPDATE generations SET total_tokens = 77 WHERE id = 3")
        let problems = try problems()
        #expect(!problems.isEmpty && problems.allSatisfy { $0.hasPrefix("rollup | ") })
        let answer = try recorder.writer.perform("repair", arguments: [:], nowMs: Recorder.now).get()
        #expect(answer.rows.rows != [[.integer(0)]])
        #expect(try self.problems() == [])
        #expect(try recorder.writer.perform("repair", arguments: [:], nowMs: 1).get().rows.rows == [[.integer(0)]])
    }

    @Test func `a least or greatest value that is still looked for is not wrong, and a repair finds it`() throws {
        for number in 1...3 as ClosedRange<UInt64> {
            let run = identifier(number * 1_000)
            try recorder.send(
                workflowStart(run, at: 1_000), workflowEnd(run, at: 1_500),
                generation(identifier(number * 1_000 + 1), in: run, at: 1_000) { $0.latencyMs = Int64(number) * 500 })
        }
        try recorder.writer.write { () throws(StoreError) in
            // As pruning does it.
            try recorder.writer.removeFromRollups(workflow: 4)
            try recorder.writer.connection.execute(
                "DELETE FROM generations WHERE workflow_id = 4; DELETE FROM workflows WHERE id = 4")
        }
        try recorder.reopen()
        #expect(try recorder.lostExtremes() != .integer(0))
        #expect(try problems() == [])
        #expect(try recorder.writer.perform("repair", arguments: [:], nowMs: 1).get().rows.rows == [[.integer(0)]])
        #expect(try recorder.lostExtremes() != .integer(0))
        try change("UPDATE generations SET total_tokens = 77 WHERE id = 3")
        #expect(try recorder.writer.perform("repair", arguments: [:], nowMs: 1).get().rows.rows != [[.integer(0)]])
        #expect(try recorder.lostExtremes() == .integer(0))
        #expect(try problems() == [])
    }

    @Test func `a check ends when it is cancelled or late`() throws {
        let control = QueryControl()
        control.cancel()
        let reader = try StoreReader(path: recorder.database.path)
        let request = Query.Request.report(name: "check", arguments: [:])
        #expect(reader.ask(request, control: control).summary.code == .cancelled)
        #expect(reader.ask(.report(name: "check", arguments: ["x": .null])).summary.code == .invalidArgument)
    }
}
