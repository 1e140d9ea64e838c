import Testing
import TracewireProtocol

@testable import TracewireStore

/// What was committed, event by event, as a reader finds it who comes back.
struct FeedTests {
    private let recorder: Recorder
    private let workflow = identifier(1)
    private let node = identifier(11)

    init() throws {
        recorder = try Recorder()
    }

    /// Each as `position subject status name`.
    private func events(after position: Int64 = 0, _ arguments: [String: Value] = [:]) throws -> [String] {
        let reader = try StoreReader(path: recorder.database.path)
        let answer = reader.report("events", arguments.merging(["after": .integer(position)]) { given, _ in given })
        #expect(answer.summary.code == .ok, "\(answer.summary.message)")
        return answer.rows.map { row in
            let names = ["position", "subject", "status", "node_name", "model_name", "user", "message"]
            return names.compactMap { name in
                answer.columns.firstIndex { $0.name == name }.flatMap { index in
                    switch row[index] {
                    case .integer(let value): "\(value)"
                    case .text(let value): value
                    default: nil
                    }
                }
            }.joined(separator: " ")
        }
    }

    private func record() throws {
        try recorder.send(
            user("kim"), workflowStart(workflow, at: 1_000, name: "planner", user: "kim") { $0.tags = #"["vip"]"# },
            nodePending(node, in: workflow, at: 1_050),
            generation(identifier(21), in: workflow, node: node, at: 1_120) { $0.modelName = "gpt-4o" },
            nodeSkip(node, in: workflow))
        try recorder.send(workflowEnd(workflow, .failed, at: 1_400), workflowEnd(workflow, .completed, at: 1_500))
    }

    @Test func `events come in the order in which they were recorded, with what their rows say`() throws {
        try record()
        let all = try events()
        #expect(
            all.map { $0.split(separator: " ").prefix(3).joined(separator: " ") } == [
                "1 user kim", "2 workflow running", "3 node pending", "4 generation search", "5 node skipped",
                "6 workflow failed", "7 rejected illegal_transition:",
            ])
        #expect(recorder.writer.feedPosition == 7)
    }

    @Test func `who comes back reads on behind what was seen, also after a restart`() throws {
        try record()
        #expect(try events(after: 5).count == 2)
        try recorder.reopen()
        #expect(recorder.writer.feedPosition == 7)
        try recorder.send(workflowStart(identifier(2)))
        #expect(try events(after: 7) == ["8 workflow running"])
        #expect(try events(after: 8).isEmpty)
        #expect(try events(after: 2, ["through": .integer(4)]).count == 2)
    }

    @Test func `what changed nothing, or was not committed, is no event`() throws {
        try record()
        let before = recorder.writer.feedPosition
        try recorder.send(
            user("kim"), generation(identifier(21), in: workflow, node: node, at: 1_120) { $0.modelName = "gpt-4o" },
            nodeSkip(node, in: workflow), nodeEnd(identifier(99), in: workflow))
        // The last waits for its node: it is one when that has come.
        #expect(recorder.writer.feedPosition == before)
    }

    @Test func `a commit that fails leaves no event and no number`() throws {
        try record()
        let writer = recorder.writer
        let before = writer.feedPosition
        try writer.connection.execute(
            "CREATE TEMP TRIGGER full BEFORE INSERT ON main.feed BEGIN SELECT raise(FAIL, 'x'); END")
        let batch = try recorder.batch([workflowStart(identifier(3))])
        #expect(throws: StoreError.self) { try writer.commit([batch], nowMs: Recorder.now) }
        #expect(writer.feedPosition == before)
        try writer.connection.execute("DROP TRIGGER full")
        #expect(try writer.commit([batch], nowMs: Recorder.now) == [.committed([])])
        #expect(try events(after: Int64(before)) == ["\(before + 1) workflow running"])
    }

    @Test func `a large commit is read in pieces, and each event has its number`() throws {
        let connection = try Connection(path: recorder.database.path, flags: 2)
        let feed = try Feed(connection)
        let count = Int64(Feed.eventsPerRow * 2 + 5)
        for row in 1...count { feed.note(.nodeStarted, row: row) }
        try feed.flush()
        #expect(try connection.integer("SELECT count(*) FROM feed") == 3)
        let reader = try StoreReader(path: recorder.database.path)
        let row = reader.report("feed", ["after": .integer(0)]).rows[0]
        #expect(Array(row[..<3]) == [.integer(1), .integer(count), .integer(count)])
        let last = reader.report("events", ["after": .integer(count - 3)])
        #expect(last.rows.map { $0[0] } == [.integer(count - 2), .integer(count - 1), .integer(count)])
    }

    @Test func `another copy that goes on is told from the one that was followed`() throws {
        try record()
        func origins(after position: Int64) throws -> [Value] {
            Array(
                try StoreReader(path: recorder.database.path).report("feed", ["after": .integer(position)]).rows[0][
                    3...])
        }
        let first = try origins(after: 3)
        #expect(first[0] != .null && first[0] == first[1])
        #expect(try origins(after: 0)[0] == .null)
        try recorder.reopen()
        try recorder.send(workflowStart(identifier(3)))
        let second = try origins(after: 7)
        #expect(second[0] == first[0] && second[1] != first[0])
    }

    @Test func `events of runs that were pruned are still counted, without what is gone`() throws {
        try record()
        let before = try events().count
        while try recorder.writer.prune(before: Recorder.now, limit: 64).hasMore {}
        let reader = try StoreReader(path: recorder.database.path)
        let answer = reader.report("events", ["after": .integer(0)])
        #expect(answer.rows.count == before)
        let name = try #require(answer.columns.firstIndex { $0.name == "workflow_name" })
        #expect(answer.rows.allSatisfy { $0[name] == .null })
    }

    @Test func `a failure is found by its message, and nothing else that came of its node`() throws {
        try recorder.send(workflowStart(workflow), describedStart(node, in: workflow, at: 1_100, name: "plan"))
        try recorder.send(
            generation(identifier(21), in: workflow, node: node, at: 1_120),
            nodeEnd(node, in: workflow, .failed) { $0.errorMessage = "TimeoutZZ after 3 s" })
        #expect(try events(["error": .text("timeoutzz")]) == ["4 node failed plan TimeoutZZ after 3 s"])
    }

    @Test func `events come back as they were, however far their rows lie apart`() throws {
        var random = SystemRandomNumberGenerator()
        for _ in 0..<200 {
            let events = (0..<Int.random(in: 1...50, using: &random)).compactMap { _ in
                FeedEvent.Kind.allCases.randomElement(using: &random).map { kind in
                    let row =
                        Bool.random()
                        ? Int64.random(in: 1...9, using: &random) : .random(in: 1...1 << 60, using: &random)
                    return FeedEvent(kind: kind, row: row)
                }
            }
            let bytes = FeedEvent.encode(events[...])
            #expect(bytes.withUnsafeBytes { FeedEvent.decode($0) } == events)
            #expect(bytes.dropLast().withUnsafeBytes { FeedEvent.decode($0) } != events)
        }
        let run = (1...100).flatMap { row in
            [FeedEvent.Kind.nodePending, .nodeStarted, .generation, .nodeCompleted].map {
                FeedEvent(kind: $0, row: row)
            }
        }
        #expect(FeedEvent.encode(run[...]).count == run.count)
    }

    @Test func `nothing that is no row of the feed is taken for one`() throws {
        let reader = try StoreReader(path: recorder.database.path)
        let sql =
            "SELECT feed_events(1, zeroblob(70000000)), feed_count(x'ff01'), feed_events(1, 'x'), feed_count(x'52')"
        #expect(reader.sql(sql).rows == [[.null, .null, .null, .integer(1)]])
    }

    @Test func `what waited is an event when its parent has come`() throws {
        try recorder.send(workflowStart(workflow), nodeEnd(node, in: workflow))
        #expect(recorder.writer.feedPosition == 1)
        try recorder.send(describedStart(node, in: workflow, at: 1_100, name: "plan"))
        #expect(try events(after: 1) == ["2 node running plan", "3 node completed plan"])
    }

    @Test(arguments: [
        ("status", Value.text("failed"), 1), ("user", .text("kim"), 6), ("name", .text("planner"), 5),
        ("tag", .text("vip"), 5), ("tag", .text("other"), 0), ("model", .text("gpt-4o"), 1),
        ("workflow", .integer(1), 5),
        ("limit", .integer(3), 3), ("search", .text("PLAN"), 5), ("min_duration", .integer(400), 1),
    ])
    func `events are filtered by what is given`(name: String, value: Value, count: Int) throws {
        try record()
        #expect(try events([name: value]).count == count)
    }

    private func events(_ arguments: [String: Value]) throws -> [String] { try events(after: 0, arguments) }

    @Test func `the oldest events go when many are kept without them, and the numbers go on`() throws {
        let connection = try Connection(path: recorder.database.path, flags: 2)
        let feed = try Feed(connection)
        for _ in 0..<3 {
            for row in 1...(Feed.kept / 2) { feed.note(.nodeStarted, row: row) }
            try feed.flush()
            feed.settle()
        }
        #expect(feed.position == Feed.kept / 2 * 3)
        let reader = try StoreReader(path: recorder.database.path)
        let answer = reader.report("feed", [:])
        let first = try connection.integer("SELECT min(position) FROM feed") - Int64(Feed.eventsPerRow) + 1
        #expect(answer.rows[0][0] == .integer(first) && answer.rows[0][1] == .integer(feed.position))
        #expect(feed.position - first >= Feed.kept - 1)
        #expect(feed.position - first < Feed.kept + Int64(Feed.eventsPerRow))
    }

    @Test func `an empty database has a feed without events`() throws {
        let reader = try StoreReader(path: recorder.database.path)
        #expect(reader.report("feed", [:]).rows == [[.integer(1), .integer(0), .integer(0), .null, .null]])
        #expect(recorder.writer.feedPosition == 0)
    }
}
