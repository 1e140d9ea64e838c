import Foundation
import Testing

@testable import TracewireCLI

/// What commands write on a real terminal of 80 columns.
@Suite("On a terminal")
struct TerminalTests {
    private func onTerminal(
        _ collector: CollectorProcess, _ arguments: [String], typing text: String? = nil, pager: String = ""
    ) async throws -> Outcome {
        try await collector.onTerminal(arguments, typing: text, pager: pager)
    }

    /// The lines as they stand there, without colour.
    private func lines(_ outcome: Outcome) -> [String] {
        outcome.text.replacing(/\u{1b}\[\d*m/, with: "").split(whereSeparator: \.isNewline).map(String.init)
    }

    private static let commands = [
        ["workflows"], ["rejected"], ["rejected", "list", "--parked"], ["stats", "models"], ["stats", "nodes"],
        ["stats", "users"], ["errors"], ["sql", "SELECT * FROM nodes"], ["sql", "SELECT * FROM generations"],
        ["status"], ["stats", "users", "--by", "day", "--since", "2025-12-01", "--until", "2026-03-01"],
        ["stats", "models", "--by", "hour", "--since", "2026-02-01", "--until", "2026-02-04"],
        ["cost", "--since", "2026-01-01"], ["cost", "--by", "day", "--since", "2026-01-01"],
        ["show", "1"], ["diff", "1"], ["diff", "1", "2"],
    ]

    @Test("no line is wider than it, and what has no room is named")
    func width() async throws {
        let collector = try await CollectorProcess.withSamples()
        _ = try await collector.run("demo")
        let conflict =
            #"{"event":"workflow.end","workflow":"\#(SampleRuns.completed)","status":"failed","at_ms":1770000009500}"#
        let orphan =
            #"{"event":"workflow.start","workflow":"\#(SampleRuns.completed.replacing("1", with: "9"))","#
            + #""username":"nobody","name":"x","at_ms":1770000009500}"#
        #expect(try await collector.run("import", "-", input: "\(conflict)\n\(orphan)").exit == 4)
        for command in Self.commands { try await expectFit(command, collector) }
    }

    private func expectFit(_ command: [String], _ collector: CollectorProcess) async throws {
        let outcome = try await onTerminal(collector, command)
        #expect(outcome.exit == 0, "\(outcome.text)")
        let lines = lines(outcome)
        #expect(lines.count > 1)
        let table = lines.prefix { !$0.hasPrefix("not shown: ") }
        for line in lines { #expect(TerminalText.width(line) <= 80, "\(command): \(line)") }
        let piped = try await collector.program.run(command)
        let isWhole = (piped.lines.map(TerminalText.width).max() ?? 0) <= 80
        #expect(
            isWhole || lines.count > table.count || outcome.text.contains("…")
                || ["show", "diff", "cost"].contains(command[0]) || command.contains("--by"),
            "\(command)")
    }

    @Test(
        "what says the most has room there",
        arguments: [
            (["workflows"], ["STATUS", "DURATION", "FAILED"]), (["stats", "models"], ["CALLS", "ERRORS", "TOKENS"]),
            (["stats", "users"], ["FAILED", "SUCCESS", "TOKENS"]), (["stats", "nodes"], ["FAILED", "AVERAGE", "P95"]),
            (["errors"], ["FAILURES", "IN", "EXAMPLE", "MESSAGE"]),
        ])
    func importance(command: [String], titles: [String]) async throws {
        let collector = try await CollectorProcess.withSamples()
        let head = try #require(lines(try await onTerminal(collector, command)).first)
        let shown = head.split(separator: " ").map(String.init)
        for title in titles { #expect(shown.contains(title), "\(head)") }
    }

    @Test("the message of a failure has room to say something")
    func messages() async throws {
        let collector = try await CollectorProcess.withSamples()
        #expect(lines(try await onTerminal(collector, ["errors"])).contains { $0.hasSuffix("rate limit exceeded") })
    }

    @Test("--wide gives every column whole")
    func wide() async throws {
        let collector = try await CollectorProcess.withSamples()
        let narrow = lines(try await onTerminal(collector, ["sql", "SELECT * FROM nodes"]))
        #expect(narrow.contains { $0.hasPrefix("not shown: ") })
        #expect(narrow.joined(separator: " ").hasSuffix("; --wide shows every column"))
        let wide = lines(try await onTerminal(collector, ["sql", "SELECT * FROM nodes", "--wide"]))
        let piped = try await collector.run("sql", "SELECT * FROM nodes").lines
        #expect(wide == piped)
    }

    @Test("what people read at length goes through the pager that the environment names, and its end ends the command")
    func pager() async throws {
        let collector = try await CollectorProcess.withSamples()
        for command in [["show", "1"], ["show", "1", "--payloads"], ["diff", "1"]] {
            let plain = lines(try await onTerminal(collector, command))
            let paged = try await onTerminal(collector, command, pager: "sed 's/^/paged /'")
            #expect(paged.exit == 0)
            #expect(lines(paged).filter { $0 != "paged " } == plain.map { "paged \($0)" })
            #expect(try await onTerminal(collector, command, pager: "true").exit == 0)
        }
        let unpaged = try await onTerminal(collector, ["show", "1", "--format", "json"], pager: "sed 's/^/paged /'")
        #expect(!unpaged.text.contains("paged"))
        let failed = try await onTerminal(collector, ["show", "9"], pager: "sed 's/^/paged /'")
        #expect(failed.exit == 1 && failed.text.contains("error"))
    }

    @Test("a list goes on for as long as a pager reads, and says below how many there are of each status")
    func list() async throws {
        let directory = try TestDirectory()
        let events = try await Traffic.write(.planner, seed: 6, workflows: 250, to: directory)
        let collector = try await CollectorProcess(directory: directory)
        #expect(try await collector.run("import", events).exit == 0)
        let paged = lines(try await onTerminal(collector, ["workflows"], pager: "cat -"))
        let rows = paged.filter { $0.contains("date_course") }
        #expect(rows.count == 250 && Set(rows.compactMap { $0.split(separator: " ").first }).count == 250)
        let foot = try #require(paged.last { $0.hasPrefix("250 workflows: ") })
        let counts = foot.split(separator: ": ")[1].split(separator: ", ").compactMap {
            Int($0.split(separator: " ")[0])
        }
        #expect(counts.reduce(0, +) == 250 && foot.contains(" completed"))
        let unpaged = lines(try await onTerminal(collector, ["workflows"]))
        #expect(unpaged.contains { $0.hasPrefix("50 workflows: ") })
        #expect(unpaged.contains { $0.contains("the newest 50 rows of more") })
        let limited = lines(try await onTerminal(collector, ["workflows", "--limit", "201"], pager: "cat -"))
        #expect(limited.contains { $0.hasPrefix("201 workflows: ") })
        #expect(try await onTerminal(collector, ["workflows"], pager: "true").exit == 0)
    }

    @Test("a long traceback is folded to its last lines, and whole with --all or in a file")
    func traceback() async throws {
        let collector = try await CollectorProcess.withSamples()
        let frames = (1...9).map { #"frame \#($0)"# }
        let node = #""workflow":"\#(SampleRuns.running)","node":"0199c8aa-0001-7000-9000-000000000003""#
        let end =
            #"{"event":"node.end",\#(node),"status":"failed","error_message":"bad","error_traceback":"# + "\""
            + frames.joined(separator: "\\n") + #"","at_ms":1770000009500}"#
        #expect(try await collector.run("import", "-", input: end + "\n").exit == 0)
        let folded = lines(try await onTerminal(collector, ["show", "3"]))
        let shown = folded.compactMap { line in frames.first { line.hasSuffix($0) } }
        #expect(shown == Array(frames.suffix(4)))
        #expect(folded.contains { $0.contains("⋯ 5 lines; --all shows them") })
        for whole in [
            lines(try await onTerminal(collector, ["show", "3", "--all"])), try await collector.run("show", "3").lines,
        ] {
            #expect(whole.compactMap { line in frames.first { line.hasSuffix($0) } } == frames)
        }
    }

    @Test("prune says how much it is, and deletes nothing unless it is told yes")
    func prune() async throws {
        let collector = try await CollectorProcess.withSamples()
        // One that goes on is kept for as long as something may have been heard of it.
        let end =
            #"{"event":"workflow.end","workflow":"\#(SampleRuns.running)","status":"failed","at_ms":1770000009500}"#
        #expect(try await collector.run("import", "-", input: end + "\n").exit == 0)
        let count = try await collector.run("workflows", "--format", "ndjson").lines.count
        let command = ["prune", "--older-than", "1s"]
        for answer in ["n\n", "\n", "\u{4}"] {
            let refused = try await onTerminal(collector, command, typing: answer)
            #expect(refused.exit == 1)
            #expect(refused.text.contains("Delete \(count) workflows that began before "))
            #expect(refused.text.contains("nothing was deleted"))
        }
        #expect(try await collector.run("workflows", "--format", "ndjson").lines.count == count)
        let pruned = try await onTerminal(collector, command, typing: "yes\n")
        #expect(pruned.exit == 0)
        #expect(try await collector.run("workflows", "--format", "ndjson").lines.isEmpty)
        // There is nothing to ask about any more, and with --yes nothing is asked.
        for command in [command, command + ["--yes"]] {
            let again = try await onTerminal(collector, command)
            #expect(again.exit == 0)
            #expect(!again.text.contains("[y/N]"))
        }
    }

    @Test("import draws how far it is, and takes that away when it ends")
    func progress() async throws {
        let directory = try TestDirectory()
        let events = try await Traffic.write(.planner, seed: 5, workflows: 50, to: directory)
        let collector = try await CollectorProcess(directory: directory)
        let outcome = try await onTerminal(collector, ["import", events])
        #expect(outcome.exit == 0)
        let drawn = outcome.text.components(separatedBy: "\r\u{1b}[K")
        #expect(drawn.count >= 3)
        for line in drawn[1..<(drawn.count - 1)] {
            #expect(line.contains("%"))
            #expect(TerminalText.width(line) < 80)
        }
        #expect(drawn.last?.contains(" committed, 0 rejected, 0 parked · ") == true)
    }
}
