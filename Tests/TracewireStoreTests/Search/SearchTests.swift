import Testing
import TracewireProtocol

@testable import TracewireStore

struct SearchTests {
    private let recorder: Recorder
    private let workflow = identifier(1)
    private let node = identifier(2)

    init() throws {
        recorder = try Recorder()
    }

    /// Where `sendEverything` leaves a value that is made of noise with the seed.
    private static let seeds: [(UInt64, String)] = [
        (1, "workflows 1 user_input"), (2, "workflows 1 time_settings"), (3, "workflows 1 date_theme"),
        (4, "workflows 1 started_intent"), (5, "workflows 1 tags"), (6, "workflows 1 metadata"),
        (7, "nodes 1 tags"), (8, "nodes 1 metadata"), (9, "nodes 1 input_data"), (10, "nodes 1 state_data"),
        (11, "nodes 1 output_data"), (12, "nodes 1 error_message"), (13, "nodes 1 error_traceback"),
        (14, "generations 1 error_message"), (15, "generations 1 metadata"), (16, "generations 1 system_prompt"),
        (17, "generations 1 user_prompt"), (18, "generations 1 output"), (19, "generations 1 parsed_output"),
        (20, "workflows 1 user_intent"), (21, "workflows 1 final_itinerary"),
    ]

    @Test func `a text is found in every payload column, in segments`() throws {
        try recorder.sendEverything(workflow, node)
        #expect(Set(Self.seeds.map(\.1)).count == PayloadColumn.allCases.count)
        for (seed, place) in Self.seeds {
            let text = String(noise(2_000, seed: seed).prefix(520).suffix(20))
            let hits = try recorder.search(text).hits
            #expect(hits.map(\.place) == [place], "\(seed)")
            // A JSON text begins with its quotation mark.
            #expect(hits.first.map { (500...501).contains($0.offset) } == true)
        }
    }

    @Test func `a text is found in every payload column, in rows`() throws {
        try recorder.sendEverything(workflow, node)
        for column in PayloadColumn.allCases {
            let text = "short \(column.rawValue) 짧은"
            try recorder.writer.connection.execute("UPDATE \(column.table.rawValue) SET \(column.name) = '\(text)!'")
            let hits = try recorder.search(text).hits
            #expect(hits.map(\.place) == ["\(column.table.rawValue) 1 \(column.name)"])
            #expect(hits.map(\.excerpt) == [text + "!"])
        }
    }

    @Test func `names of workflows, nodes and models are searched, and say whose a value is`() throws {
        try recorder.send(
            workflowStart(workflow, name: "date_course") { $0.userInput = "needle" },
            describedStart(node, in: workflow, name: "rank places"),
            nodeEnd(node, in: workflow) { $0.outputData = "\"needle\"" },
            generation(identifier(3), in: workflow, node: node) { $0.output = "needle" })
        #expect(try recorder.search("ate_cour").places == ["workflows 1 name"])
        #expect(try recorder.search("rank places").places == ["nodes 1 node_name"])
        #expect(try recorder.search("gpt-4o").places == ["generations 1 model_name"])
        let hits = try recorder.search("needle").hits
        #expect(hits.map(\.rowName) == [nil, "rank places", "gpt-4o"])
        #expect(hits.allSatisfy { $0.workflow == 1 && $0.workflowName == "date_course" && $0.status == "running" })
        #expect(hits.allSatisfy { $0.createdAtMs == 10 })
    }

    @Test func `a value is one hit, which counts how often the text is in it`() throws {
        let output = noise(500) + " 가나가나가나 " + noise(500) + "가나"
        try recorder.send(workflowStart(workflow), generation(node, in: workflow) { $0.output = output })
        let hit = try #require(try recorder.search("가나").hits.first)
        #expect(hit.occurrences == 4)
        #expect(hit.offset == 501)
        #expect(hit.valueBytes == Int64(output.utf8.count))
    }

    @Test func `an excerpt holds sixty characters on both sides, cut between characters`() throws {
        let before = String(repeating: "앞", count: 100)
        let after = String(repeating: "🌙", count: 100)
        try recorder.send(
            workflowStart(workflow) { $0.userInput = "홍대 first" },
            generation(node, in: workflow) { $0.output = before + "홍대" + after })
        let hits = try recorder.search("홍대").hits.sorted { $0.table > $1.table }
        #expect(hits.map(\.excerpt) == ["홍대 first", before.prefix(60) + "홍대" + after.prefix(60)])
        #expect(hits.map(\.excerptOffset) == [0, 180])
        #expect(hits.map(\.offset) == [0, 300])
    }

    @Test func `A to Z are the same as a to z where case is ignored, and no other letters`() throws {
        try recorder.send(
            workflowStart(workflow) { $0.userInput = "Upstream TIMEOUT Ä" },
            generation(node, in: workflow) { $0.output = noise(200) + " upstream Timeout ä [" })
        #expect(try recorder.search("upstream timeout").hits.isEmpty)
        let ignoring: [String: Value] = ["ignore_case": .integer(1)]
        let hits = try recorder.search("UPSTREAM timeout", ignoring).hits
        #expect(Set(hits.map(\.place)) == ["workflows 1 user_input", "generations 1 output"])
        #expect(hits.contains { $0.excerpt.hasSuffix(" upstream Timeout ä [") })
        #expect(try recorder.search("timeout Ä", ignoring).places == ["workflows 1 user_input"])
        #expect(try recorder.search("Ä {", ignoring).hits.isEmpty)
    }

    @Test func `a text that reaches from one value into the next is not found`() throws {
        // In the segment: …tail, then `"` for the column, 2 for the row and d for the length of the next value.
        let second = "head" + noise(96)
        try recorder.send(
            workflowStart(workflow),
            generation(node, in: workflow) { $0.output = noise(80) + "tail" },
            generation(identifier(3), in: workflow) { $0.output = second })
        let bytes = try SegmentBytes.all(recorder)
        let across = "tail\"\u{2}dhead"
        #expect(bytes.withUnsafeBytes { $0.occurrences(of: across) } == 1)
        #expect(try recorder.search(across).hits.isEmpty)
        #expect(try recorder.search("\u{2}dhead").hits.isEmpty)
        #expect(try recorder.search("head").places == ["generations 2 output"])
        #expect(try recorder.search(second).hits.map(\.offset) == [0])
        #expect(try recorder.search("tail").hits.map(\.offset) == [80])
    }

    @Test func `a value of the largest size is searched to its end`() throws {
        let end = "\u{1}the end 끝"
        try recorder.send(
            workflowStart(workflow),
            generation(node, in: workflow) { $0.output = noise((64 << 20) - end.utf8.count) + end },
            generation(identifier(3), in: workflow) { $0.output = noise(100) + "\u{1}the" })
        let hits = try recorder.search(end).hits
        #expect(hits.map(\.offset) == [(64 << 20) - Int64(end.utf8.count)])
        #expect(hits.first?.excerpt.hasSuffix(end) == true)
        #expect(try recorder.search("\u{1}the").hits.map(\.row) == [2, 1])
    }

    @Test(arguments: [
        ["text": Value.text("")], ["text": .text(String(repeating: "a", count: 1_001))], ["text": .null],
        ["text": .integer(1)], [:], ["text": .text("a"), "ignore_case": .integer(2)],
        ["text": .text("a"), "limit": .integer(0)], ["text": .text("a"), "status": .text("lost")],
        ["text": .text("a"), "before_id": .integer(1)],
    ])
    func `arguments that cannot be are refused`(arguments: [String: Value]) throws {
        let answer = try StoreReader(path: recorder.database.path).report("search", arguments)
        #expect(answer.summary.code == .invalidArgument)
        #expect(answer.rows.isEmpty)
    }
}

/// What lies in segments, inflated.
enum SegmentBytes {
    static func all(_ recorder: Recorder) throws -> [UInt8] {
        var bytes: [UInt8] = []
        try SegmentRows(recorder.writer.connection).forEach(0...Int64.max) { bytes += $0.bytes }
        return bytes
    }
}

extension UnsafeRawBufferPointer {
    fileprivate func occurrences(of text: String) -> Int {
        Array(text.utf8).withUnsafeBytes { occurrences(of: $0) }
    }
}
