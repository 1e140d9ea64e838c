import Foundation
import Testing

@Suite("A collector that is told to stop", .timeLimit(.minutes(5)))
struct DrainTests {
    private let directory: TestDirectory

    init() throws {
        directory = try TestDirectory()
    }

    private func begin(_ program: Program, _ arguments: [String]) throws -> (Running, TestDirectory) {
        let place = try TestDirectory()
        let process = try program.prepare(arguments, place)
        return (Running(process: process, ended: try process.started()), place)
    }

    /// A process that is ended with the test, should it still run then.
    private final class Running {
        let process: Process
        private let ended: Task<Void, Never>

        init(process: Process, ended: Task<Void, Never>) {
            (self.process, self.ended) = (process, ended)
        }

        deinit {
            if process.isRunning { kill(process.processIdentifier, SIGKILL) }
        }

        func exit() async -> Int32 {
            await ended.value
            return process.terminationStatus
        }
    }

    private func nodes(_ collector: CollectorProcess) async throws -> Int {
        let rows = try await collector.run("sql", "SELECT count(*) AS n FROM nodes", "--format", "json").rows()
        return try #require(rows.first?["n"] as? Int)
    }

    @Test(
        "while clients record and others ask ends well, and nothing of what was recorded or watched is lost or doubled")
    func underLoad() async throws {
        let collector = try await CollectorProcess(directory: directory)
        let count = 8_000
        // One for each workflow and each node.
        let events = 3 * count + 3
        let hosts = try (1...3).map { number in
            try begin(
                Program(executable: Paths.recordingHost),
                [
                    directory.file("spool\(number)"), collector.address, directory.file("progress\(number)"),
                    "run \(number)", "\(count)", "0", "start",
                ])
        }
        let (tail, seen) = try begin(
            collector.program, ["tail", "--after", "0", "--limit", "\(events)", "--format", "ndjson"])
        let endless = "WITH RECURSIVE n(x) AS (VALUES (1) UNION ALL SELECT x + 1 FROM n) SELECT count(*) FROM n"
        let (query, said) = try begin(collector.program, ["sql", endless])
        while try await nodes(collector) < 500 {}
        #expect(query.process.isRunning)
        #expect(await collector.end(SIGTERM) == 0)
        #expect(try directory.read("errors").isEmpty)
        #expect(await query.exit() == 1)
        #expect(String(decoding: try said.read("errors"), as: UTF8.self).contains("error: "))

        let next = try await CollectorProcess(directory: directory, arguments: ["--listen", collector.address])
        for (host, place) in hosts {
            let exit = await host.exit()
            let errors = String(decoding: try place.read("errors"), as: UTF8.self)
            #expect(exit == 0, "\(errors)")
        }
        let sql = """
            SELECT count(*) AS nodes, count(DISTINCT workflow_id || ' ' || execution_order) AS orders FROM nodes
            """
        let found = try await next.run("sql", sql, "--format", "json").rows().first
        #expect(found?["nodes"] as? Int == 3 * count && found?["orders"] as? Int == 3 * count)
        let rejected = try await next.run("sql", "SELECT count(*) AS n FROM rejected_records", "--format", "json")
        #expect(try rejected.rows().first?["n"] as? Int == 0)

        #expect(await tail.exit() == 0)
        let positions = try String(decoding: seen.read("output"), as: UTF8.self).split(separator: "\n").map { line in
            try #require(line.firstMatch(of: /"position":(\d+)/).flatMap { Int($0.output.1) }, "\(line)")
        }
        #expect(positions == Array(1...events))
        #expect(try await next.run("check").exit == 0)
    }

    @Test("is not what a terminal asks for that goes away: without TLS, too, the collector serves on")
    func hangup() async throws {
        let collector = try await CollectorProcess(directory: directory)
        kill(collector.identifier, SIGHUP)
        #expect(try await collector.run("import", "-", input: SampleRuns.text).exit == 0)
        #expect(try await collector.run("status").exit == 0)
        #expect(await collector.end(SIGTERM) == 0)
    }

    @Test(
        "a second time ends at once, as a crash would, and loses nothing that it had acknowledged",
        arguments: [SIGTERM, SIGINT])
    func impatience(second: Int32) async throws {
        let patient = "1000000"
        let collector = try await CollectorProcess(
            directory: directory,
            environment: [
                "TRACEWIRE_DRAIN_TIMEOUT_SECONDS": patient, "TRACEWIRE_STALL_TIMEOUT_SECONDS": patient,
                "TRACEWIRE_QUERY_TIMEOUT_SECONDS": patient,
            ],
            arguments: ["--metrics", "127.0.0.1:0", "--log-format", second == SIGINT ? "json" : "text"])
        #expect(try await collector.run("import", "-", input: SampleRuns.text).exit == 0)
        let ready = try await collector.scraped("/readyz")
        #expect(ready.status == 200)
        let place = try TestDirectory()
        let deaf = try Program.python.prepare(["python3", Paths.script("deaf_query.py"), collector.address], place)
        let pipe = Pipe()
        deaf.standardOutput = pipe
        let peer = Running(process: deaf, ended: try deaf.started())
        #expect(try await pipe.fileHandleForReading.firstLine() == "the answer has begun")

        kill(collector.identifier, SIGTERM)
        // It stops, and waits for the one who does not read.
        while try await ready.again().status != 503 {}
        #expect(await collector.end(second) == 128 + second)
        withExtendedLifetime(peer) {}
        let errors = String(decoding: try directory.read("errors"), as: UTF8.self)
        #expect(errors.contains("stopped at once"))
        for line in errors.split(separator: "\n") where second == SIGINT {
            #expect((try? JSONSerialization.jsonObject(with: Data(line.utf8))) != nil, "\(line)")
        }

        let next = try await CollectorProcess(directory: directory)
        #expect(try await next.run("check").exit == 0)
        let workflows = try await next.run("workflows", "--format", "ndjson")
        #expect(workflows.lines.count == 3, "\(workflows.errors)")
    }
}
