import Testing
import TracewireProtocol

@testable import TracewireStore

/// Which values a search looks at, in which order, and when it ends.
struct SearchScopeTests {
    private let recorder: Recorder
    private static let day: Int64 = 86_400_000

    init() throws {
        recorder = try Recorder()
    }

    /// One run a day; the value lies in a row in those of odd days, in a segment of its own in the others.
    private func sendDays(_ count: UInt64, bytes: Int = 500) throws {
        for number in 1...count {
            let at = Int64(number) * Self.day
            let workflow = identifier(number)
            try recorder.send(
                user("kim\(number % 2)"),
                workflowStart(workflow, at: at, name: "plan\(number % 3)", user: "kim\(number % 2)"),
                generation(identifier(100 + number), in: workflow, at: at + 5) {
                    $0.output = "needle" + (number % 2 == 0 ? noise(bytes, seed: number) : "")
                })
            if number < count { try recorder.send(workflowEnd(workflow, .failed, at: at + 10)) }
        }
    }

    private func workflows(_ arguments: [String: Value]) throws -> [Int64] {
        let answer = try recorder.search("needle", arguments)
        #expect(answer.summary.code == .ok)
        return answer.hits.map(\.workflow)
    }

    @Test func `hits come from the newest to the oldest, out of rows and segments, up to the limit`() throws {
        try sendDays(6)
        #expect(try workflows([:]) == [6, 5, 4, 3, 2, 1])
        #expect(try workflows(["limit": .integer(3)]) == [6, 5, 4])
        #expect(try workflows(["limit": .integer(1)]) == [6])
    }

    @Test func `filters are those of workflows`() throws {
        try sendDays(6)
        #expect(try workflows(["since": .integer(3 * Self.day)]) == [6, 5, 4, 3])
        #expect(try workflows(["until": .integer(3 * Self.day)]) == [2, 1])
        #expect(try workflows(["since": .integer(.min), "until": .integer(.max)]) == [6, 5, 4, 3, 2, 1])
        #expect(try workflows(["since": .integer(.max)]) == [])
        #expect(try workflows(["user": .text("kim1")]) == [5, 3, 1])
        #expect(try workflows(["name": .text("plan0")]) == [6, 3])
        #expect(try workflows(["status": .text("running")]) == [6])
        #expect(try workflows(["user": .text("nobody")]) == [])
        #expect(try workflows(["user": .text("kim0"), "name": .text("plan2"), "limit": .integer(1)]) == [2])
    }

    @Test func `segments from before the time that is asked for are not read`() throws {
        try sendDays(6)
        try recorder.writer.connection.execute("UPDATE segments SET data = x'00' WHERE latest_at < \(4 * Self.day)")
        #expect(try workflows(["since": .integer(4 * Self.day)]) == [6, 5, 4])
        #expect(try recorder.search("needle").summary.code == .storageUnavailable)
    }

    @Test(arguments: [false, true])
    func `records whose clock was days behind their workflow's are found`(afterRestart: Bool) throws {
        let since = 3 * Self.day
        let text = "needle" + noise(500)
        try recorder.send(
            workflowStart(identifier(1), at: since), workflowStart(identifier(2), at: since),
            workflowStart(identifier(3), at: since), nodePending(identifier(9), in: identifier(2)))
        if afterRestart { try recorder.reopen() }
        let late = since - 2 * Self.day
        try recorder.send(generation(identifier(8), in: identifier(1), at: late) { $0.output = text })
        try recorder.send(
            nodeStart(identifier(9), in: identifier(2), at: late),
            nodeEnd(identifier(9), in: identifier(2), at: late) { $0.outputData = "\"\(text)\"" })
        try recorder.send(workflowEnd(identifier(3), at: late) { $0.finalItinerary = "\"\(text)\"" })
        #expect(try Set(workflows(["since": .integer(since)])) == [1, 2, 3])
    }

    @Test func `a value to which no row refers any more is not found`() throws {
        let workflow = identifier(1)
        try recorder.sendEverything(workflow, identifier(2))
        let text = String(noise(2_000, seed: 10).prefix(20))
        #expect(try recorder.search(text).places == ["nodes 1 state_data"])
        for change in [
            "UPDATE nodes SET state_data = NULL", "UPDATE nodes SET state_data = 'short'",
            "UPDATE nodes SET state_data = output_data", "UPDATE nodes SET id = 7",
        ] {
            try recorder.writer.connection.execute("PRAGMA foreign_keys = OFF; BEGIN; \(change); COMMIT")
            #expect(try recorder.search(text).hits.isEmpty, "\(change)")
        }
    }

    @Test func `the intent of the start is found where the end's took its place`() throws {
        let first = "\"first" + noise(100) + "\""
        try recorder.send(workflowStart(identifier(1)) { $0.userIntent = first })
        #expect(try recorder.search("first").places == ["workflows 1 user_intent"])
        try recorder.send(workflowEnd(identifier(1)) { $0.userIntent = "\"second" + noise(100) + "\"" })
        #expect(try recorder.search("first").places == ["workflows 1 started_intent"])
        #expect(try recorder.search("second").places == ["workflows 1 user_intent"])
    }

    @Test func `a damaged segment is said after everything else was found`() throws {
        try sendDays(10)
        let damaged = try #require(try recorder.rows("SELECT start FROM segments ORDER BY start LIMIT 2").last?.first)
        guard case .integer(let start) = damaged else { return }
        try recorder.writer.connection.execute("UPDATE segments SET data = zeroblob(50) WHERE start = \(start)")
        // What is enough before the damage is whole.
        #expect(try workflows(["limit": .integer(6)]) == [10, 9, 8, 7, 6, 5])
        let answer = try recorder.search("needle")
        #expect(answer.hits.map(\.workflow) == [10, 9, 8, 7, 6, 5, 3, 2, 1])
        #expect(answer.summary.code == .storageUnavailable)
        #expect(answer.summary.message.contains("the segment at \(start) is damaged"))
        try recorder.writer.connection.execute("UPDATE segments SET data = zeroblob(50) WHERE start >= \(start)")
        let more = try recorder.search("needle")
        #expect(more.hits.map(\.workflow) == [9, 7, 5, 3, 2, 1])
        #expect(more.summary.message.hasPrefix("4 segments are"))
    }

    @Test func `entries that are not whole are damage too`() throws {
        try sendDays(2)
        let bytes = Array(("\u{22}\u{1}\u{7f}needle").utf8)
        let rows = try SegmentRows(recorder.writer.connection)
        try rows.replace(SegmentRows.Row(start: 0, latestAtMs: 2 * Self.day, bytes: bytes))
        let answer = try recorder.search("needle")
        #expect(answer.summary.code == .storageUnavailable)
        #expect(answer.hits.map(\.workflow) == [1])
    }

    @Test func `a search ends when it is cancelled, before and while it gives hits`() throws {
        try sendDays(40)
        let reader = try StoreReader(path: recorder.database.path)
        let before = QueryControl()
        before.cancel()
        #expect(reader.search("needle", control: before).summary.code == .cancelled)
        let control = QueryControl()
        var hits = 0
        let request = Query.Request.report(name: "search", arguments: ["text": .text("needle")])
        let summary = reader.run(Query(request, credit: 0), limits: QueryLimits(), control: control) { _ in
        } rows: { _ in
            hits += 1
            control.cancel()
        }
        #expect(summary.code == .cancelled)
        #expect(hits == 1)
        let late = QueryControl(deadline: .now)
        #expect(reader.search("needle", control: late).summary.code == .deadlineExceeded)
        #expect(reader.search("needle").hits.count == 40)
    }

    @Test func `a search sees what was there when it began, whatever is merged and written meanwhile`() throws {
        try sendDays(200, bytes: 20_000)
        let reader = try StoreReader(path: recorder.database.path)
        var rows = 0
        let request = Query.Request.report(
            name: "search", arguments: ["text": .text("needle"), "limit": .integer(500)])
        let summary = reader.run(Query(request, credit: 0), limits: QueryLimits(), control: QueryControl()) { _ in
        } rows: { _ in
            rows += 1
            guard rows == 1 else { return }
            while try recorder.writer.maintain(isIdle: true) {}
            try recorder.send(generation(identifier(9_999), in: identifier(1)) { $0.output = "needle" + noise(500) })
        }
        #expect(summary.code == .ok)
        #expect(rows == 200)
        #expect(try recorder.value("SELECT count(*) < 90 FROM segments") == .integer(1))
        #expect(reader.search("needle", ["limit": .integer(500)]).hits.count == 201)
    }
}
