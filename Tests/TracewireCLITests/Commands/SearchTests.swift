import Foundation
import Testing

@testable import TracewireCLI

@Suite("search")
struct SearchTests {
    @Test("a hit is a line that says where it is, and one that shows what stands there, whole in a pipe")
    func table() async throws {
        let collector = try await CollectorProcess.withSamples()
        let outcome = try await collector.program.with("TZ", "UTC").run(["search", "upstream 503"])
        #expect(outcome.exit == 0)
        #expect(
            outcome.lines == [
                "#2 · node rank #2 · error_message at 0 · failed · 2026-02-02 02:40:05 · date_course",
                "    upstream 503",
            ])
        let call = try await collector.run("search", "limit exceeded")
        #expect(call.lines.first?.hasPrefix("#2 · call of solar-pro #2 · error_message at 5 · failed · ") == true)
        #expect(call.lines.last == "    rate limit exceeded")
        let several = try await collector.run("search", "e", "--name", "date_course", "--until", "2026-02-02T02:40:05Z")
        #expect(several.lines.contains { $0.hasPrefix("#1 · name at 3 · 2 times · completed · ") })
    }

    @Test("programs get every column of the report")
    func formats() async throws {
        let collector = try await CollectorProcess.withSamples()
        let rows = try await collector.run("search", "좋아요", "--format", "json").rows()
        #expect(rows.count == 1)
        #expect(rows.first?["workflow_id"] as? Int == 1)
        #expect(rows.first?["row_name"] as? String == "gpt-4o")
        #expect(rows.first?["column_name"] as? String == "output")
        let csv = try await collector.run("search", "좋아요", "--format", "csv")
        #expect(
            csv.text.hasPrefix("workflow_id,workflow_name,status,created_at,table_name,row_id,row_name,column_name,"))
        #expect(csv.text.hasSuffix(",9,0,1,좋아요,0\n"))
    }

    @Test("the exit code is 1 where nothing is found")
    func nothing() async throws {
        let collector = try await CollectorProcess.withSamples()
        let table = try await collector.run("search", "nowhere")
        #expect(table.exit == 1 && table.text == "nothing found\n" && table.errors.isEmpty)
        let json = try await collector.run("search", "nowhere", "--format", "json")
        #expect(json.exit == 1 && json.text == "[]\n" && json.errors.isEmpty)
    }

    @Test("what could not be searched is said after what was found, and the exit code is 1")
    func damage() async throws {
        let collector = try await CollectorProcess.withSamples()
        let large = String(repeating: "large 값 ", count: 100)
        let call =
            #"{"event":"generation","generation":"0199c8aa-0002-7000-9000-000000000009","workflow":"\#(SampleRuns.running)","#
            + #""model_name":"gpt-4o","output":"\#(large)","at_ms":1770000009500}"#
        #expect(try await collector.run("import", "-", input: call).exit == 0)
        #expect(try await collector.run("search", "large 값").exit == 0)
        #expect(await collector.end(SIGTERM) == 0)
        try spoil(collector.directory.file("traces.db"), "UPDATE segments SET data = x'00'")
        let again = try await CollectorProcess(directory: collector.directory)
        let outcome = try await again.run("search", "date_course")
        #expect(outcome.exit == 1)
        #expect(outcome.lines.count == 6)
        #expect(outcome.errors.contains("is damaged and could not be searched"))
    }

    @Test(
        "filters narrow a search",
        arguments: [
            ([], [3, 2, 1]), (["--status", "failed"], [2]), (["--user", "mina"], [2, 1]), (["--limit", "2"], [3, 2]),
            (["--since", "2026-02-02T02:40:05Z"], [3, 2]), (["--until", "2026-02-02T02:40:05Z"], [1]),
            (["--name", "other"], []),
        ])
    func filters(arguments: [String], expected: [Int]) async throws {
        let collector = try await CollectorProcess.withSamples()
        let outcome = try await collector.program.run(["search", "date_course", "--format", "json"] + arguments)
        #expect(try outcome.rows().map { $0["workflow_id"] as? Int } == expected)
        #expect(outcome.exit == (expected.isEmpty ? 1 : 0))
        #expect(outcome.errors.contains("--limit allows more") == arguments.contains("--limit"))
    }

    @Test("case matters unless it is to be ignored")
    func letters() async throws {
        let collector = try await CollectorProcess.withSamples()
        #expect(try await collector.run("search", "UPSTREAM").exit == 1)
        #expect(try await collector.run("search", "UPSTREAM", "-i").exit == 0)
    }

    @Test("a text that cannot be searched for is wrong usage", arguments: ["", String(repeating: "가", count: 334)])
    func usage(text: String) async throws {
        let outcome = try await Program().run(["search", text])
        #expect(outcome.exit == 2 && outcome.errors.contains("the text is 1 to 1000 bytes long"))
    }

    @Test("on a terminal the hit stands out, nothing is wider than it, and no control character is sent")
    func terminal() async throws {
        let collector = try await CollectorProcess.withSamples()
        let before = String(repeating: "앞에 ", count: 60)
        let event =
            #"{"event":"workflow.start","workflow":"0199c8aa-0000-7000-8000-000000000009","name":"\#(before)","#
            + #""user_input":"\#(before)\u001b[31m찾는 말\n\#(before)","at_ms":1770000009500}"#
        #expect(try await collector.run("import", "-", input: event).exit == 0)
        let environment = collector.program.with("NO_COLOR", "").environment
        let program = Program(executable: Program.python.executable, environment: environment)
        let outcome = try await program.run(
            ["python3", Paths.script("terminal.py"), Paths.tracewire.path, "search", "찾는 말"])
        #expect(outcome.text.contains("␛[31m\u{1b}[31m찾는 말\u{1b}[0m↵"))
        let lines = outcome.text.replacing(/\u{1b}\[\d*m/, with: "").split(whereSeparator: \.isNewline)
        #expect(lines.count == 2)
        for line in lines { #expect(TerminalText.width(String(line)) <= 80, "\(line)") }
        #expect(lines.last?.hasPrefix("    …") == true && lines.last?.hasSuffix("…") == true)
        let piped = try await collector.run("search", "찾는 말")
        #expect(!piped.output.contains(0x1b))
        #expect(piped.lines.last?.contains("␛[31m찾는 말↵") == true)
    }
}
