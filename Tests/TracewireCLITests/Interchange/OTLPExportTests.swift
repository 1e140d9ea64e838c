import Foundation
import Testing
import TracewireProtocol

@testable import TracewireCLI

@Suite("export --otlp", .timeLimit(.minutes(5)))
struct OTLPExportTests {
    private let directory: TestDirectory
    private var traces: String { directory.file("traces.jsonl") }

    init() throws {
        directory = try TestDirectory()
    }

    @Test("Google's parser of the official messages reads what the events say, span by span")
    func traffic() async throws {
        try await ExportOracles.forEachTraffic { oracles in
            let exported = try await oracles.collector.run("export", "--otlp", traces, "--force")
            #expect(exported.exit == 0 && exported.text.isEmpty && exported.errors.isEmpty, "\(exported.errors)")
            try await oracles.expectTraces(traces)
        }
    }

    @Test("one run, and standard output")
    func oneRun() async throws {
        let collector = try await CollectorProcess.withSamples()
        let exported = try await collector.run("export", "--otlp", "-", "--run", SampleRuns.failed)
        #expect(exported.exit == 0 && exported.errors.isEmpty, "\(exported.errors)")
        try exported.output.write(to: URL(filePath: traces))
        #expect(try await ExportOracles(collector).expectTraces(traces, run: "2").prefix(3) == [1, 1, 3])
        #expect(try await collector.run("export", "--otlp", "-", "--run", "99").exit == 1)
    }

    @Test("an empty collector gives an empty file")
    func empty() async throws {
        let collector = try await CollectorProcess(directory: try TestDirectory())
        #expect(try await collector.run("export", "--otlp", traces).exit == 0)
        #expect(try directory.read("traces.jsonl").isEmpty)
    }

    @Test("a request is bounded, so that a run with many values comes in several")
    func requests() async throws {
        let oracles = try await ExportOracles.importing(try await Traffic.writeOddRuns(to: directory))
        let many = (0..<40).map { number in
            let node =
                #""workflow":"\#(SampleRuns.completed)","node":"0199c8aa-0001-7000-9000-0000000001\#(number + 10)""#
            let start =
                #"{"event":"node.start",\#(node),"node_name":"n","node_type":"llm","execution_order":\#(number),"at_ms":1"#
            let state = String(repeating: "상", count: 40_000)
            return start + "}\n"
                + #"{"event":"node.end",\#(node),"status":"completed","state_data":"\#(state)","at_ms":2}"#
        }
        let begin = #"{"event":"workflow.start","workflow":"\#(SampleRuns.completed)","name":"many","at_ms":1}"#
        let imported = try await oracles.collector.run("import", "-", input: ([begin] + many).text)
        #expect(imported.exit == 0 || imported.exit == 4)
        #expect(try await oracles.collector.run("export", "--otlp", traces).exit == 0)
        let counts = try await oracles.expectTraces(traces)
        let longest = try #require(counts.last)
        #expect(longest <= 1_050_000)
        #expect(try #require(counts.first) > counts[1] + 3)
    }

    @Test("a reader that goes away ends it quietly")
    func brokenPipe() async throws {
        let events = try await Traffic.write(.planner, seed: 31, workflows: 200, to: directory)
        let oracles = try await ExportOracles.importing(events)
        let process = try oracles.collector.program.prepare(["export", "--otlp", "-"], directory)
        let pipe = Pipe()
        process.standardOutput = pipe
        try pipe.fileHandleForReading.close()
        try await process.runToEnd()
        #expect(process.terminationReason == .exit && process.terminationStatus == 0)
        #expect(try directory.read("errors").isEmpty)
    }

    @Test("a run that the collector gave up says why in its status")
    func silent() throws {
        let columns = AnswerColumns(
            ["id", "uuid", "name", "status", "created_at", "completed_at", "end_reason"].map {
                Column(name: $0, declaredType: "")
            })
        let row = AnswerRow(
            columns,
            [
                .integer(7), .text(SampleRuns.failed), .text("x"), .text("failed"), .integer(9_000),
                .integer(253_402_300_799_999), .text("silent"),
            ])
        let trace = try #require(OTLPTrace(row, lastMs: nil))
        let json = String(decoding: trace.span(workflow: row), as: UTF8.self)
        #expect(json.contains(#""status":{"code":2,"message":"silent"}"#))
        #expect(json.contains(#"{"key":"tracewire.end_reason","value":{"stringValue":"silent"}}"#))
        // Nanoseconds have no room for the year 9999.
        #expect(json.contains(#""startTimeUnixNano":"9000000000","endTimeUnixNano":"18446744073709551615""#))
    }

    @Test("a span is named by all of its UUID and by what it is of")
    func identifiers() throws {
        let uuid = try #require(Identifier("0199c8aa-0001-7000-8000-000000000001"))
        let alike = try #require(Identifier("0199c8aa-0002-7000-8000-000000000001"))
        #expect(SpanIdentifier(.node, uuid).text == "9119a228f654bbdd")
        let all = [
            SpanIdentifier(.node, uuid), SpanIdentifier(.node, alike), SpanIdentifier(.generation, uuid),
            SpanIdentifier(.workflow, uuid),
        ]
        #expect(Set(all.map(\.text)).count == 4)
    }
}
