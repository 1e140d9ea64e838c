import Foundation
import Testing
import Tracewire
import TracewireProtocol

@testable import TracewireCLI

/// A collector whose bounded answers have little room, so that small runs are too large for them.
private struct NarrowCollector: Answering {
    static let answerBytes: UInt64 = 4_000

    let collector: any Answering
    /// What happens before a report is asked for again and again: its name, and how often it was asked for.
    var before: (String, Int) async throws -> Void = { _, _ in }
    private let asked = Asked()

    private final class Asked {
        var counts: [String: Int] = [:]
        var refused = 0
    }

    init(_ collector: any Answering) {
        self.collector = collector
    }

    /// How often an answer was too large.
    var refused: Int { asked.refused }

    func ask(
        _ request: Query.Request, limits: QuestionLimits, columns: (AnswerColumns) throws -> Void,
        row: ([Value]) throws -> Void
    ) async throws {
        if case .report(let name, _) = request {
            asked.counts[name, default: 0] += 1
            try await before(name, asked.counts[name] ?? 0)
        }
        var limits = limits
        if limits.maximumBytes > 0 { limits.maximumBytes = Self.answerBytes }
        do {
            try await collector.ask(request, limits: limits, columns: columns, row: row)
        } catch let failure as CommandFailure where failure.code == .byteLimit {
            asked.refused += 1
            throw failure
        }
    }
}

@Suite("export of runs that are too large for one answer", .timeLimit(.minutes(5)))
struct LargeRunExportTests {
    private let directory: TestDirectory

    init() throws {
        directory = try TestDirectory()
    }

    private func narrow<Result>(
        _ process: CollectorProcess, _ body: (NarrowCollector) async throws -> Result
    ) async throws -> Result {
        let address = try #require(CollectorAddress(process.address))
        return try await RemoteCollector.with(address, access: CollectorAccess()) {
            try await body(NarrowCollector($0))
        }
    }

    @Test("they come in parts, and whole")
    func parts() async throws {
        let events = try await Traffic.write(.planner, seed: 12, workflows: 30, to: directory)
        let oracles = try await ExportOracles.importing(events)
        try await narrow(oracles.collector) { collector in
            let output = try Output.creating(directory.file("traces.jsonl"))
            try await OTLPExporter(collector: collector, output: output).export(run: nil)
            try output.flush()
            #expect(collector.refused > 30)
            let tables = ExportDirectory(directory.file("tables"), mayReplace: false)
            try await CSVExporter(collector: collector, directory: tables).export(run: nil)
            let plain = directory.file("plain.db")
            try await PlainExporter(collector: collector, path: plain, mayReplace: false).export()
        }
        try await oracles.expectTraces(directory.file("traces.jsonl"))
        try await oracles.expectCSV(directory.file("tables"))
        let compared = try await Program.python(
            "compare_csv.py", [directory.file("tables"), directory.file("plain.db")])
        #expect(compared.exit == 0, "\(compared.errors)")
    }

    /// One run of 20 nodes with a call each, a kilobyte in every one of them.
    private static var run: String {
        let workflow = #""workflow":"\#(SampleRuns.completed)""#
        let text = String(repeating: "x", count: 1_000)
        let nodes = (10..<30).flatMap { number in
            let node = #"\#(workflow),"node":"0199c8aa-0001-7000-9000-0000000000\#(number)""#
            let generation = #""generation":"0199c8aa-0002-7000-9000-0000000000\#(number)""#
            return [
                #"{"event":"node.start",\#(node),"node_name":"n","node_type":"llm","execution_order":1,"at_ms":1}"#,
                #"{"event":"generation",\#(generation),\#(node),"model_name":"m","output":"\#(text)","at_ms":2}"#,
                #"{"event":"node.end",\#(node),"status":"completed","state_data":"\#(text)","at_ms":3}"#,
            ]
        }
        let start = #"{"event":"workflow.start",\#(workflow),"name":"x","at_ms":1}"#
        return ([start] + nodes + [#"{"event":"workflow.end",\#(workflow),"status":"completed","at_ms":4}"#]).text
    }

    @Test("one that is pruned meanwhile is no whole one", arguments: ["nodes", "generations"], [2, 8])
    func pruned(table: String, question: Int) async throws {
        let oracles = try await ExportOracles.importing(try directory.write(Self.run, to: "events.ndjson"))
        try await narrow(oracles.collector) { narrow in
            var collector = narrow
            collector.before = { name, count in
                guard name == table, count == question else { return }
                let pruned = try await oracles.collector.run("prune", "--older-than", "1d", "--yes")
                #expect(pruned.exit == 0, "\(pruned.errors)")
            }
            let tables = ExportDirectory(directory.file("tables"), mayReplace: false)
            let failure = await #expect(throws: CommandFailure.self) {
                try await CSVExporter(collector: collector, directory: tables).export(run: "1")
            }
            #expect(failure?.exit == .failed && failure?.message.contains("run 1 was pruned") == true)
            #expect(!FileManager.default.fileExists(atPath: directory.file("tables")))
        }
    }

    @Test("a node that comes after the others were read is left out with its calls")
    func late() async throws {
        let running = Self.run.split(separator: "\n").dropLast().map(String.init)
        let oracles = try await ExportOracles.importing(try directory.write(running.text, to: "events.ndjson"))
        let late = Self.run.split(separator: "\n")[1...2].map {
            String($0).replacing("0000000010", with: "0000000099")
        }
        let plain = directory.file("late.db")
        try await narrow(oracles.collector) { narrow in
            var collector = narrow
            collector.before = { name, count in
                guard name == "generations", count == 3 else { return }
                let imported = try await oracles.collector.run("import", "-", input: late.text)
                #expect(imported.exit == 0, "\(imported.errors)")
            }
            // Foreign keys are checked by the database.
            try await PlainExporter(collector: collector, path: plain, mayReplace: false).export()
        }
        let counts = try await Program.python("read_rows.py", [plain, "SELECT count(*) AS n FROM generations"])
        #expect(try counts.rows().first?["n"] as? Int == 20)
        #expect(try await oracles.collector.run("export").text.contains("0000000099"))
    }
}
