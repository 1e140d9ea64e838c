import Foundation
import Testing

@Suite("diff", .timeLimit(.minutes(5)))
struct DiffTests {
    private static let workflow = "0199c8aa-0000-7000-8000-0000000000"

    /// The events of a run, each node with its state and its output.
    private static func run(_ number: Int, _ nodes: [(name: String, state: String, output: String)]) -> String {
        let workflow = "\(Self.workflow)0\(number)"
        var lines = [#"{"event":"workflow.start","workflow":"\#(workflow)","name":"date_course","at_ms":1}"#]
        for (order, node) in nodes.enumerated() {
            let place = #""workflow":"\#(workflow)","node":"0199c8aa-0001-7000-8000-0000000000\#(number)\#(order)""#
            let described = #""node_name":"\#(node.name)","node_type":"tool","execution_order":\#(order + 1)"#
            lines.append(#"{"event":"node.start",\#(place),\#(described),"at_ms":\#(order + 2)}"#)
            let call = #""generation":"0199c8aa-0002-7000-8000-0000000000\#(number)\#(order)","model_name":"gpt-4o""#
            lines.append(
                #"{"event":"generation",\#(call),\#(place),"output":"\#(node.output)","at_ms":\#(order + 3)}"#)
            lines.append(
                #"{"event":"node.end",\#(place),"status":"completed","state_data":\#(node.state),"at_ms":\#(order + 3)}"#
            )
        }
        return lines.joined(separator: "\n") + "\n"
    }

    private static func collector(with runs: [String]) async throws -> CollectorProcess {
        let collector = try await CollectorProcess(directory: try TestDirectory())
        let imported = try await collector.run("import", "-", input: runs.joined())
        try #require(imported.exit == 0, "\(imported.errors)")
        return collector
    }

    private static let first = run(
        1,
        [
            ("parse", #"{"area":"성수","places":[]}"#, "성수, 전시"),
            ("search", #"{"area":"성수","places":[{"id":1,"name":"갤러리"},{"id":2,"name":"카페"}]}"#, "두 곳"),
            ("rank", #"{"area":"성수","places":[{"id":2,"name":"카페 둘"}],"title":"조용히 걷는 하루"}"#, "카페 먼저"),
            ("write", #"{"area":"성수","places":[{"id":2,"name":"카페 둘"}],"title":"천천히 걷는 하루"}"#, "끝"),
        ])
    private static let second = run(
        2,
        [
            ("parse", #"{"area":"성수","places":[]}"#, "성수, 전시"),
            ("search", #"{"area":"성수","places":[{"id":1,"name":"갤러리"}]}"#, "한 곳"),
            ("check", #"{"area":"성수"}"#, "-"),
            ("write", #"{"area":"홍대","places":[]}"#, "끝"),
        ])

    @Test("shows what each node added, removed and replaced, elements by their id and texts by their words")
    func states() async throws {
        let collector = try await Self.collector(with: [Self.first])
        let outcome = try await collector.run("diff", "1")
        #expect(outcome.exit == 0, "\(outcome.errors)")
        #expect(
            outcome.lines == [
                "date_course  #1  \(Self.workflow)01",
                "✓ 1 parse (tool)  2 changes", #"    + area  "성수""#, "    + places  []",
                "✓ 2 search (tool)  2 changes", #"    + places[0]  {"id":1,"name":"갤러리"}"#,
                #"    + places[1]  {"id":2,"name":"카페"}"#,
                "✓ 3 rank (tool)  3 changes", #"    - places[id=1]  {"id":1,"name":"갤러리"}"#,
                #"    ~ places[id=2].name  "카페{+ 둘+}""#, #"    + title  "조용히 걷는 하루""#,
                "✓ 4 write (tool)  1 change", #"    ~ title  "[-조용히-]{+천천히+} 걷는 하루""#,
            ])
        let node = try await collector.run("diff", "1", "--node", "rank", "--format", "json").rows()
        #expect(node.map { $0["op"] as? String } == ["remove", "replace", "add"])
        #expect(node.map { $0["path"] as? String } == ["/places/0", "/places/0/name", "/title"])
        #expect(node[1]["old"] as? String == "카페" && node[1]["value"] as? String == "카페 둘")
        #expect(try await collector.run("diff", "1", "--node", "4").lines.count == 3)
        let missing = try await collector.run("diff", "1", "--node", "sarch")
        #expect(missing.exit == 1 && missing.errors.contains("no node 'sarch'"))
    }

    @Test("compares nodes of one order with what came before them all, and not with each other")
    func parallel() async throws {
        let states = [
            (1, #"{"stops":[]}"#), (2, #"{"stops":["a"]}"#), (2, #"{"stops":["b"]}"#), (3, #"{"stops":["a","b"]}"#),
        ]
        var lines = [#"{"event":"workflow.start","workflow":"\#(Self.workflow)09","name":"fan","at_ms":1}"#]
        for (number, (order, state)) in states.enumerated() {
            let place = #""workflow":"\#(Self.workflow)09","node":"0199c8aa-0001-7000-8000-00000000009\#(number)""#
            let description = #""node_name":"n\#(number)","node_type":"tool","execution_order":\#(order)"#
            lines.append(#"{"event":"node.start",\#(place),\#(description),"at_ms":\#(number + 2)}"#)
            lines.append(
                #"{"event":"node.end",\#(place),"status":"completed","state_data":\#(state),"at_ms":\#(number + 3)}"#)
        }
        let collector = try await Self.collector(with: [lines.joined(separator: "\n")])
        let changes = try await collector.run("diff", "1", "--format", "ndjson").lines.map { line in
            let row = try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
            return "\(row["node_name"] ?? "") \(row["op"] ?? "") \(row["path"] ?? "") \(row["value"] ?? "")"
        }
        #expect(changes.contains("n1 add /stops/0 a") && changes.contains("n2 add /stops/0 b"), "\(changes)")
        #expect(!changes.contains { $0.hasPrefix("n2 replace") }, "\(changes)")
    }

    @Test("shows of two runs the first node that differs, and in what, and of the others which fields do")
    func runs() async throws {
        let collector = try await Self.collector(with: [Self.first, Self.second])
        let outcome = try await collector.run("diff", "1", "2")
        #expect(outcome.exit == 0, "\(outcome.errors)")
        #expect(
            outcome.lines == [
                "date_course  #1  \(Self.workflow)01", "date_course  #2  \(Self.workflow)02",
                "✓ 2 search (tool)  the first that differs", #"    ~ call 1 output  "[-두-]{+한+} 곳""#,
                #"    - state_data places[id=2]  {"id":2,"name":"카페"}"#,
                "✓ 3 rank (tool)  only in #1", "✓ 3 check (tool)  only in #2",
                "✓ 4 write (tool)  differs in state_data", "1 node is the same in both",
            ])
        let same = try await collector.run("diff", "2", "2")
        #expect(same.lines.last == "4 nodes are the same in both")
        #expect(try await collector.run("diff", "2", "2", "--format", "ndjson").text.isEmpty)
        let rows = try await collector.run("diff", "1", "2", "--node", "write", "--format", "json").rows()
        #expect(rows.map { $0["field"] as? String } == Array(repeating: "state_data", count: 3))
        #expect(rows.map { $0["path"] as? String } == ["/area", "/places/0", "/title"])
    }

    @Test("says what turns each state into the next one, to any program that knows JSON Patch", arguments: 1...6)
    func patches(seed: Int) async throws {
        let directory = try TestDirectory()
        let events = try await Program.oracle("states.py", ["make", String(seed), "120"])
        try #require(events.exit == 0, "\(events.errors)")
        try events.output.write(to: URL(filePath: directory.file("events")))
        let collector = try await Self.collector(with: [events.text])
        let changes = try await collector.run("diff", "1", "--format", "ndjson")
        #expect(changes.exit == 0, "\(changes.errors)")
        try changes.output.write(to: URL(filePath: directory.file("changes")))
        let checked = try await Program.oracle(
            "states.py", ["check", directory.file("events"), directory.file("changes")])
        #expect(checked.exit == 0, "\(checked.errors)")
        #expect((Int(checked.lines.first ?? "") ?? 0) > 60)
    }

    /// The same word composed and decomposed: file names of macOS are the latter.
    private static let (composed, decomposed) = ("caf\u{e9}", "cafe\u{301}")

    @Test("tells apart texts and names that look alike and have other bytes")
    func bytes() async throws {
        let (composed, decomposed) = (Self.composed, Self.decomposed)
        let collector = try await Self.collector(with: [
            Self.run(
                1,
                [
                    ("both", #"{"\#(composed)":1,"\#(decomposed)":2}"#, composed),
                    ("turn", #"{"\#(composed)":1,"\#(decomposed)":2,"name":"\#(composed)"}"#, "-"),
                    ("back", #"{"\#(composed)":2,"\#(decomposed)":1,"name":"\#(decomposed)"}"#, "-"),
                ]),
            Self.run(
                2,
                [
                    ("both", #"{"\#(composed)":1,"\#(decomposed)":2}"#, decomposed),
                    ("turn", #"{"\#(composed)":2,"\#(decomposed)":1,"name":"\#(composed)"}"#, "-"),
                    ("back", #"{"\#(composed)":2,"\#(decomposed)":1,"name":"\#(decomposed)"}"#, "-"),
                ]),
        ])
        let shown = try await collector.run("show", "1", "--node", "both")
        #expect(shown.output.range(of: Data(#"{"\#(composed)": 1, "\#(decomposed)": 2}"#.utf8)) != nil, "\(shown.text)")
        let states = try await collector.run("diff", "1")
        let lines = [
            "date_course  #1  \(Self.workflow)01",
            "✓ 1 both (tool)  2 changes", "    + \(composed)  1", "    + \(decomposed)  2",
            "✓ 2 turn (tool)  1 change", #"    + name  "\#(composed)""#,
            "✓ 3 back (tool)  3 changes", "    ~ \(composed)  1 → 2", "    ~ \(decomposed)  2 → 1",
            #"    ~ name  "\#(composed)" → "\#(decomposed)"  looks the same, of other characters"#,
        ]
        #expect(states.output == Data((lines.joined(separator: "\n") + "\n").utf8), "\(states.text)")
        let runs = try await collector.run("diff", "1", "2", "--format", "json").rows()
        #expect(runs.map { $0["field"] as? String } == ["call 1 output", "state_data", "state_data"])
        #expect(runs.map { $0["node_name"] as? String } == ["both", "turn", "turn"])
    }

    @Test("nodes are the same step only if their names have the same bytes, and so are those that are asked for")
    func names() async throws {
        let collector = try await Self.collector(with: [
            Self.run(1, [(Self.composed, "{}", "-"), (Self.decomposed, "{}", "-")]),
            Self.run(2, [(Self.decomposed, "{}", "-")]),
        ])
        let outcome = try await collector.run("diff", "1", "2", "--format", "json").rows()
        #expect(outcome.map { $0["op"] as? String } == ["remove"])
        #expect(outcome.map { ($0["node_name"] as? String).map { Array($0.utf8) } } == [Array(Self.composed.utf8)])
        let one = try await collector.run("diff", "1", "--node", Self.decomposed)
        #expect(one.lines.count == 2 && one.lines.last?.hasPrefix("✓ 2 ") == true, "\(one.text)")
    }

    @Test("half of a surrogate pair is shown as it was sent, and is not the text that is written like its escape")
    func halves() async throws {
        let collector = try await Self.collector(with: [
            Self.run(
                1,
                [
                    ("half", #"{"a":"\ud83d","b":{"\udc00":1}}"#, "-"),
                    ("text", #"{"a":"\\ud83d","b":{"\\udc00":1}}"#, "-"),
                ])
        ])
        let shown = try await collector.run("show", "1", "--node", "half")
        #expect(shown.lines.contains { $0.contains(#""a": "\ud83d""#) }, "\(shown.text)")
        #expect(shown.text.contains(#""b": {"\udc00":1}"#), "\(shown.text)")
        #expect(
            try await collector.run("diff", "1").lines.suffix(2) == [
                #"    ~ a  "\ud83d" → "\\ud83d""#, #"    ~ b  {"\udc00":1} → {"\\udc00":1}"#,
            ])
    }

    /// A run of so many nodes, each with a state, and with events of their own in place of some of them.
    private static func long(_ number: Int, _ names: [(name: String, state: Int)]) -> String {
        let workflow = "\(Self.workflow)0\(number)"
        var lines = [#"{"event":"workflow.start","workflow":"\#(workflow)","name":"long","at_ms":1}"#]
        for (order, node) in names.enumerated() {
            let digits = String(100_000 + order)
            let place = #""workflow":"\#(workflow)","node":"0199c8aa-0001-7000-8000-00000\#(number)\#(digits)""#
            let described = #""node_name":"\#(node.name)","node_type":"tool","execution_order":\#(order + 1)"#
            lines.append(#"{"event":"node.start",\#(place),\#(described),"at_ms":\#(order + 2)}"#)
            lines.append(
                #"{"event":"node.end",\#(place),"status":"completed","state_data":\#(node.state),"at_ms":\#(order + 3)}"#
            )
        }
        return lines.joined(separator: "\n") + "\n"
    }

    @Test("finds the first node that differs in long runs, though only one run has it, and what differs behind it")
    func first() async throws {
        let names = (1...3_000).map { (name: "step\($0)", state: 0) }
        var other = names
        other[1_999].state = 1
        other[2_399].state = 2
        other.insert((name: "late", state: 0), at: 2_900)
        other.insert((name: "early", state: 0), at: 9)
        let collector = try await Self.collector(with: [Self.long(1, names), Self.long(2, other)])
        #expect(
            try await collector.run("diff", "1", "2").lines.dropFirst(2) == [
                "✓ 10 early (tool)  only in #2, the first that differs",
                "✓ 2000 step2000 (tool)  the first in both that differs", "    ~ state_data  0 → 1",
                "✓ 2400 step2400 (tool)  differs in state_data",
                "✓ 2902 late (tool)  only in #2", "2998 nodes are the same in both",
            ])
        #expect(
            try await collector.run("diff", "2", "1").lines.dropFirst(2).first
                == "✓ 10 early (tool)  only in #2, the first that differs")
    }

    @Test("what a call was asked for, and where a node failed, are differences")
    func settings() async throws {
        let run = { (number: Int, provider: String, call: String, traceback: String) in
            let workflow = "\(Self.workflow)0\(number)"
            let place = #""workflow":"\#(workflow)","node":"0199c8aa-0001-7000-8000-0000000000\#(number)0""#
            let generation = #""generation":"0199c8aa-0002-7000-8000-0000000000\#(number)0""#
            let failure = #""error_message":"timeout","error_traceback":"\#(traceback)""#
            return """
                {"event":"workflow.start","workflow":"\(workflow)","name":"settings","at_ms":1}
                {"event":"node.start",\(place),"node_name":"ask","node_type":"llm","execution_order":1,"at_ms":2}
                {"event":"generation",\(generation),\(place),"model_name":"m","model_provider":"\(provider)",\(call),"at_ms":3}
                {"event":"node.end",\(place),"status":"failed",\(failure),"at_ms":4}

                """
        }
        let same = run(1, "a", #""temperature":0.5,"max_tokens":100"#, "one.py:1")
        let others = [
            run(2, "b", #""temperature":0.5,"max_tokens":100"#, "one.py:1"),
            run(3, "a", #""temperature":1,"max_tokens":100"#, "one.py:1"),
            run(4, "a", #""temperature":0.5,"max_tokens":200"#, "one.py:1"),
            run(5, "a", #""temperature":0.5,"max_tokens":100"#, "two.py:1"),
            run(6, "a", #""temperature":0.5"#, "one.py:1"),
        ]
        let collector = try await Self.collector(with: [same] + others)
        let changes = [
            #"    ~ call 1 model_provider  "a" → "b""#, "    ~ call 1 temperature  0.5 → 1.0",
            "    ~ call 1 max_tokens  100 → 200", #"    ~ error_traceback  "[-one-]{+two+}.py:1""#,
            "    - call 1 max_tokens  100",
        ]
        for (index, change) in changes.enumerated() {
            let lines = try await collector.run("diff", "1", "\(index + 2)").lines.dropFirst(2)
            #expect(lines == ["✗ 1 ask (llm)  the first that differs", change, "0 nodes are the same in both"])
        }
    }

    @Test("names the first node that differs in two runs, and in what each does, as an independent program does")
    func pairs() async throws {
        let directory = try TestDirectory()
        let events = try await Program.oracle("run_pairs.py", ["make", "7", "24"])
        try #require(events.exit == 0, "\(events.errors)")
        try events.output.write(to: URL(filePath: directory.file("events")))
        let collector = try await Self.collector(with: [events.text])
        let names = try await Program.oracle("run_pairs.py", ["names", directory.file("events")])
        for (number, pair) in names.lines.enumerated() {
            let runs = pair.split(separator: " ").map(String.init)
            for (format, file) in [("table", "text"), ("ndjson", "rows")] {
                let outcome = try await collector.program.run(["diff"] + runs + ["--format", format])
                #expect(outcome.exit == 0, "\(outcome.errors)")
                try outcome.output.write(to: URL(filePath: directory.file("\(file)-\(number)")))
            }
        }
        let checked = try await Program.oracle("run_pairs.py", ["check", directory.file("events"), directory.file("")])
        #expect(checked.exit == 0, "\(checked.errors)")
        // In most pairs only one node can be called the first.
        let counts = checked.lines.flatMap { $0.split(separator: " ").compactMap { Int($0) } }
        #expect(counts.count == 2 && counts[0] == 24 && counts[1] > 18, "\(checked.text)")
    }

    @Test("a run that is not there, or not named well, fails with a sentence")
    func unknown() async throws {
        let collector = try await Self.collector(with: [Self.first])
        for arguments in [["diff", "9"], ["diff", "1", "9"], ["diff", "nobody"]] {
            let outcome = try await collector.program.run(arguments)
            #expect(outcome.exit == 1 && outcome.text.isEmpty && outcome.errors.contains("error"), "\(outcome.errors)")
        }
        #expect(try await collector.run("diff", "1", "").exit == 2)
    }
}
