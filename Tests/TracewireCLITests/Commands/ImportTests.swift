import Foundation
import Testing

@Suite("import")
struct ImportTests {
    private static let workflow = "0199c8aa-0000-7000-8000-000000000001"
    private static let started =
        #"{"event":"workflow.start","workflow":"\#(workflow)","name":"x","at_ms":5}"#

    private static func ended(_ status: String) -> String {
        #"{"event":"workflow.end","workflow":"\#(workflow)","status":"\#(status)","at_ms":6}"#
    }

    @Test("counts unreadable lines and what the collector rejected apart, goes on with the rest, and exits with 4")
    func rejections() async throws {
        let directory = try TestDirectory()
        let lines = [
            Self.started, "not json", #"{"event":"user","username":"\ud800","at_ms":1}"#, Self.ended("completed"),
            Self.ended("failed"),
            #"{"event":"node.skip","workflow":"\#(Self.workflow)","node":"0199c8aa-0000-7000-8000-000000000009","at_ms":6}"#,
        ]
        let collector = try await CollectorProcess(directory: directory)
        let outcome = try await collector.run("import", "-", "--format", "json", input: lines.joined(separator: "\n"))
        #expect(outcome.exit == 4)
        let row = try #require(try outcome.rows().first)
        #expect(row["lines"] as? Int == 6)
        #expect(row["committed"] as? Int == 2)
        #expect(row["rejected"] as? Int == 1)
        #expect(row["unreadable"] as? Int == 2)
        #expect(row["parked"] as? Int == 1)
        #expect(row["unknown"] as? Int == 0)
        #expect(row["complete"] as? Bool == true)
        let rejections = try #require(row["rejections"] as? [[String: Any]])
        #expect(rejections.map { $0["code"] as? String } == ["illegal_transition"])
        #expect(rejections[0]["identity"] as? String == Self.workflow)
        let unreadable = try #require(row["unreadable_lines"] as? [[String: Any]])
        #expect(unreadable.map { $0["line"] as? Int } == [2, 3])
        #expect(unreadable.map { $0["code"] as? String } == ["invalid_json", "invalid_utf8"])
        let kept = try await collector.run("rejected", "--format", "json").rows()
        #expect(kept.count == 1)
    }

    @Test("says of a compressed file how to import it", arguments: [("gzip", "zcat"), ("zstd", "zstdcat")])
    func compressed(program: String, reader: String) async throws {
        let directory = try TestDirectory()
        let file = try directory.write(SampleRuns.text, to: "events.ndjson")
        let packed = directory.file("packed")
        let packing = try await Program(executable: URL(filePath: "/bin/sh")).run(
            ["-c", "command -v \(program) >/dev/null || exit 77; \(program) -c '\(file)' > '\(packed)'"])
        guard packing.exit != 77 else { return }
        let outcome = try await Program().run(["import", packed])
        #expect(outcome.exit == 1 && outcome.errors.contains("'\(reader) \(packed) | tracewire import -'"))
    }

    @Test("says in a sentence a line what was wrong, and never the value")
    func sentences() async throws {
        let directory = try TestDirectory()
        let secret = #"{"event":"generation","temperature":"secret","at_ms":1}"#
        let collector = try await CollectorProcess(directory: directory)
        let outcome = try await collector.run("import", "-", input: [Self.started, secret].joined(separator: "\n"))
        #expect(outcome.exit == 4)
        #expect(outcome.text.hasPrefix("1 committed, 0 rejected, 0 parked, 1 line unreadable and not sent · 2 lines"))
        #expect(outcome.errors == "line 2: temperature is not a number (malformed_record)\n")
    }

    @Test("exits with 4 also where nobody reads what it says", arguments: ["1>&-", "2>&-", "1>&- 2>&-", "1>/dev/full"])
    func unread(redirection: String) async throws {
        let collector = try await CollectorProcess(directory: try TestDirectory())
        let shell = Program(
            executable: URL(filePath: "/bin/sh"), environment: ["TRACEWIRE_CONNECT": collector.address])
        let outcome = try await shell.run(
            ["-c", "exec \"$0\" import - \(redirection)", Paths.tracewire.path], input: "no event\n\(Self.started)\n")
        #expect(outcome.exit == 4)
        #expect(try await collector.run("workflows", "--format", "ndjson").lines.count == 1)
    }

    @Test("exits with 4 also where the readers of what it says have gone")
    func readersGone() async throws {
        let directory = try TestDirectory()
        let collector = try await CollectorProcess(directory: directory)
        let process = try collector.program.prepare(
            ["import", try directory.write("no event\n", to: "bad")], directory)
        let pipe = Pipe()
        process.standardOutput = pipe
        process.standardError = pipe
        try pipe.fileHandleForReading.close()
        try await process.runToEnd()
        #expect(process.terminationReason == .exit)
        #expect(process.terminationStatus == 4)
    }

    @Test("a rejection is told with its event, and names what it is about once")
    func rejectionSentence() async throws {
        let collector = try await CollectorProcess(directory: try TestDirectory())
        let lines = [Self.started, Self.ended("completed"), Self.ended("failed")].joined(separator: "\n")
        let outcome = try await collector.run("import", "-", input: lines)
        #expect(
            outcome.errors
                == "workflow.end: workflow \(Self.workflow) cannot go from completed to failed (illegal_transition)\n")
    }

    @Test("names keys that it passed over")
    func unknownKeys() async throws {
        let directory = try TestDirectory()
        let line = Self.started.dropLast() + #","surplus":[1],"output":"x"}"#
        let collector = try await CollectorProcess(directory: directory)
        let outcome = try await collector.run("import", "-", input: "\(line)\n")
        #expect(outcome.exit == 0)
        #expect(outcome.errors.contains("'surplus'"))
        #expect(outcome.errors.contains("'output'"))
    }

    @Test("a file that is missing or a directory fails with a sentence")
    func noFile() async throws {
        let directory = try TestDirectory()
        let collector = try await CollectorProcess(directory: directory)
        for path in [directory.file("nowhere.ndjson"), directory.path] {
            let outcome = try await collector.run("import", path)
            #expect(outcome.exit == 1)
            #expect(outcome.errors.contains(path))
        }
    }

    @Test("interrupted, it reports what it knows and fails, because the rest was not read")
    func interrupted() async throws {
        let directory = try TestDirectory()
        let collector = try await CollectorProcess(directory: directory)
        let running = try RunningImport(collector)
        try running.write(Self.started + "\n")
        try await running.untilCommitted(1)
        kill(running.process.processIdentifier, SIGINT)
        let outcome = try await running.outcome()
        #expect(outcome.exit == 1)
        let row = try #require(try outcome.rows().first)
        #expect(row["committed"] as? Int == 1)
        #expect(row["unknown"] as? Int == 0)
        #expect(row["complete"] as? Bool == false)
    }

    @Test("what the collector never answered is unknown, and the command fails")
    func unanswered() async throws {
        let directory = try TestDirectory()
        let collector = try await CollectorProcess(directory: directory)
        let running = try RunningImport(collector, arguments: ["--timeout", "500ms"])
        try running.write(Self.started + "\n")
        try await running.untilCommitted(1)
        #expect(await collector.end(SIGKILL) == SIGKILL)
        try running.write(Self.ended("completed") + "\n")
        try running.close()
        let outcome = try await running.outcome()
        #expect(outcome.exit == 1)
        let row = try #require(try outcome.rows().first)
        #expect(row["committed"] as? Int == 1)
        #expect(row["unknown"] as? Int == 1)
    }
}

/// `tracewire import -` with a standard input that the test holds.
private final class RunningImport {
    let process: Process
    private let collector: CollectorProcess
    private let directory: TestDirectory
    private let input = Pipe()
    private let ended: Task<Void, Never>

    init(_ collector: CollectorProcess, arguments: [String] = []) throws {
        self.collector = collector
        directory = try TestDirectory()
        process = try collector.program.prepare(["import", "-", "--format", "json"] + arguments, directory)
        process.standardInput = input
        ended = try process.started()
    }

    deinit {
        if process.isRunning { kill(process.processIdentifier, SIGKILL) }
    }

    func write(_ text: String) throws {
        try input.fileHandleForWriting.write(contentsOf: Data(text.utf8))
    }

    func close() throws {
        try input.fileHandleForWriting.close()
    }

    /// Asks the collector until so many workflows are there.
    func untilCommitted(_ count: Int) async throws {
        for _ in 1...200 {
            let answer = try await collector.run("sql", "SELECT count(*) AS n FROM workflows", "--format", "json")
            if try answer.rows().first?["n"] as? Int == count { return }
        }
        Issue.record("the collector never had \(count) workflows")
    }

    func outcome() async throws -> Outcome {
        await ended.value
        return try Program().outcome(of: process, directory)
    }
}
