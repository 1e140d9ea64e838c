import Foundation
import Testing

@Suite("rejected")
struct RejectedTests {
    private static let conflicting =
        #"{"event":"workflow.end","workflow":"\#(SampleRuns.running)","status":"failed","at_ms":1770000009500}"#
    private static let orphan =
        #"{"event":"node.skip","workflow":"\#(SampleRuns.running)","node":"0199c8aa-0009-7000-8000-000000000009","at_ms":1770000009500}"#

    /// The samples, a run that ended twice in different ways, and a node that nobody made.
    private func collector() async throws -> CollectorProcess {
        let collector = try await CollectorProcess.withSamples()
        let completed = Self.conflicting.replacing("failed", with: "completed")
        let lines = [completed, Self.conflicting, Self.orphan].joined(separator: "\n")
        let imported = try await collector.run("import", "-", input: lines)
        #expect(imported.exit == 4)
        return collector
    }

    @Test("lists rejected and parked records")
    func list() async throws {
        let collector = try await collector()
        let rejected = try await collector.run("rejected", "--format", "json").rows()
        #expect(rejected.map { $0["code"] as? String } == ["illegal_transition"])
        #expect(rejected.map { $0["identity"] as? String } == [SampleRuns.running])
        let parked = try await collector.run("rejected", "list", "--parked", "--format", "json").rows()
        #expect(parked.map { $0["waits_for_kind"] as? String } == ["node"])
        let table = try await collector.run("rejected")
        #expect(table.text.contains("workflow cannot go from completed to failed"))
        #expect(table.text.contains(SampleRuns.running))
        let waiting = try await collector.run("rejected", "list", "--parked")
        #expect(waiting.lines[0].contains("WAITS FOR  "))
        #expect(waiting.lines[1].contains("node 0199c8aa-0009-7000-8000-000000000009  "))
    }

    @Test("shows a record whole, as a line that can be imported again")
    func show() async throws {
        let collector = try await collector()
        let line = try await collector.run("rejected", "show", "1", "--format", "ndjson")
        #expect(line.text == Self.conflicting + "\n")
        let object = try await collector.run("rejected", "show", "1", "--format", "json").rows()
        #expect((object.first?["record"] as? [String: Any])?["status"] as? String == "failed")
        let text = try await collector.run("rejected", "show", "1")
        #expect(text.text.contains("illegal_transition"))
        #expect(text.text.hasSuffix(Self.conflicting + "\n"))
        let missing = try await collector.run("rejected", "show", "9")
        #expect(missing.exit == 1)
        #expect(missing.errors.contains("not_found"))
    }

    @Test("a record in JSON ends where it ends")
    func recordInJSON() async throws {
        let collector = try await collector()
        let text = try await collector.run("rejected", "show", "1", "--format", "json").text
        #expect(text.contains(#""record":\#(Self.conflicting)}"#))
    }

    @Test("shows a parked record whole, with what it waits for")
    func showParked() async throws {
        let collector = try await collector()
        let line = try await collector.run("rejected", "show", "--parked", "1", "--format", "ndjson")
        #expect(line.text == Self.orphan + "\n")
        let text = try await collector.run("rejected", "show", "--parked", "1")
        #expect(text.text.contains("waits_for_kind  node\nwaits_for       0199c8aa-0009"))
        let missing = try await collector.run("rejected", "show", "--parked", "9")
        #expect(missing.exit == 1)
        #expect(missing.errors.contains("parked"))
    }

    @Test("says so where there is nothing to list, to retry or to discard")
    func nothing() async throws {
        let collector = try await CollectorProcess(directory: try TestDirectory())
        #expect(try await collector.run("rejected").text == "no rejected records\n")
        #expect(try await collector.run("rejected", "list", "--parked").text == "no parked records\n")
        let retried = try await collector.run("rejected", "retry", "--all")
        #expect(retried.text == "nothing to do: no records are rejected\n")
        let discarded = try await collector.run("rejected", "discard", "--all", "--format", "json")
        #expect(discarded.text == "[]\n")
    }

    @Test("a record that is rejected again stays, and the exit code is 4")
    func retryInVain() async throws {
        let collector = try await collector()
        let retried = try await collector.run("rejected", "retry", "1", "--format", "json")
        #expect(retried.exit == 4)
        #expect(try retried.rows().first?["outcome"] as? String == "rejected")
        let table = try await collector.run("rejected", "retry", "1")
        #expect(table.lines[0].hasPrefix("ID  OUTCOME   CODE"))
        #expect(try await collector.run("rejected", "--format", "json").rows().count == 1)
    }

    @Test("discards by number or all, rejected and parked ones apart")
    func discard() async throws {
        let collector = try await collector()
        #expect(try await collector.run("rejected", "discard", "1").exit == 0)
        #expect(try await collector.run("rejected", "--format", "json").text == "[]\n")
        #expect(try await collector.run("rejected", "list", "--parked", "--format", "json").rows().count == 1)
        #expect(try await collector.run("rejected", "discard", "--parked", "--all").exit == 0)
        #expect(try await collector.run("rejected", "list", "--parked", "--format", "json").text == "[]\n")
        let again = try await collector.run("rejected", "discard", "1")
        #expect(again.exit == 1 && again.errors.contains("no rejected record 1"), "\(again.errors)")
    }

    @Test("a list that is cut off says so, and how to see the rest")
    func more() async throws {
        let collector = try await CollectorProcess(directory: try TestDirectory())
        #expect(try await collector.run("import", "-", input: BulkyRuns(first: 0, count: 3).lines.text).exit == 0)
        let cut = try await collector.run("workflows", "--limit", "2", "--format", "json")
        #expect(try cut.rows().count == 2)
        #expect(cut.errors.contains("2 rows of more") && cut.errors.contains("--limit"), "\(cut.errors)")
        let whole = try await collector.run("workflows", "--limit", "3", "--format", "json")
        #expect(try whole.rows().count == 3 && whole.errors.isEmpty)
    }

    @Test("retry and discard want numbers or --all, and not both", arguments: [[], ["1", "--all"]])
    func selection(arguments: [String]) async throws {
        for action in ["retry", "discard"] {
            let outcome = try await Program().run(["rejected", action] + arguments)
            #expect(outcome.exit == 2)
        }
    }
}
