import Foundation
import Testing

@testable import TracewireCLI

@Suite("status", .timeLimit(.minutes(5)))
struct StatusTests {
    @Test("shows figures by name")
    func names() async throws {
        let collector = try await CollectorProcess.withSamples()
        let rows = try await collector.run("status", "--format", "json").rows()
        let figures = Dictionary(uniqueKeysWithValues: rows.map { ($0["name"] as? String, $0["value"]) })
        #expect(figures["workflows"] as? Int == 3)
        #expect(figures["workflows_running"] as? Int == 1)
        #expect(figures["records"] as? Int == SampleRuns.lines.count)
        #expect((figures["disk_free_bytes"] as? Int).map { $0 > 0 } == true)
        #expect((figures["sqlite_version"] as? String)?.hasPrefix("3.") == true)
        let table = try await collector.run("status")
        #expect(table.lines.contains { $0.firstMatch(of: /^uptime +\d/) != nil })
        #expect(table.lines.contains { $0.firstMatch(of: /^database_bytes +\d+\.\d kB$/) != nil })
    }

    @Test("says on a terminal whether all is well, and with --wide shows every figure there")
    func terminal() async throws {
        let collector = try await CollectorProcess.withSamples()
        let seen = try await collector.onTerminal(["status"])
        #expect(seen.exit == 0)
        let text = seen.text.replacing(/\u{1b}\[\d*m/, with: "")
        #expect(text.hasPrefix("● healthy\r\n  collector at \(collector.address), up "))
        #expect(text.contains("model calls     ") && !text.contains("wal_bytes"))
        let wide = try await collector.onTerminal(["status", "--wide"])
        #expect(wide.text.contains("wal_bytes") && !wide.text.contains("healthy"))
    }

    @Test("--watch draws over itself on a terminal, and takes the picture away when it is interrupted")
    func watchedOnTerminal() async throws {
        let collector = try await CollectorProcess.withSamples()
        let begin = "\u{1b}[?1049h"
        let end = "\u{1b}[?1049l"
        let seen = try await collector.onTerminal(
            ["status", "--watch", "--interval", "100ms"], typing: "\u{3}", after: "COLLECTOR")
        #expect(seen.exit == 0)
        #expect(seen.text.hasPrefix(begin) && seen.text.contains(end))
        #expect(seen.text.contains("● healthy"))
        #expect(seen.text.components(separatedBy: end).last?.contains("healthy") == false)
    }

    /// Reads lines until one is as wanted.
    private func read(_ pipe: Pipe, until isWanted: (String) -> Bool) async throws -> [String] {
        var lines: [String] = []
        while lines.last.map(isWanted) != true {
            let line = try await pipe.fileHandleForReading.firstLine()
            try #require(!line.isEmpty, "it ended after \(lines.count) lines")
            lines.append(line)
        }
        return lines
    }

    @Test("--watch gives rows with their time again and again, waits for a collector that goes away, and ends well")
    func watched() async throws {
        let directory = try TestDirectory()
        let collector = try await CollectorProcess(directory: directory)
        let pipe = Pipe()
        let watcher = try TestDirectory()
        let process = try collector.program.prepare(
            ["status", "--watch", "--interval", "100ms", "--format", "ndjson"], watcher)
        process.standardOutput = pipe
        let ended = try process.started()
        func time(_ line: String) throws -> Int? {
            let row = try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any]
            return row?["name"] as? String == "users" ? row?["at"] as? Int : nil
        }
        var seen = 0
        let first = try await read(pipe) { line in
            seen += line.contains("\"users\"") ? 1 : 0
            return seen == 3
        }
        let times = try first.compactMap(time)
        #expect(times.count == 3 && times[0] < times[1] && times[1] < times[2])
        let again = try await collector.restarted()
        let user = #"{"event":"user","username":"somebody","at_ms":1}"#
        #expect(try await again.run("import", "-", input: user).exit == 0)
        // Until there are figures of the one that was started last.
        _ = try await read(pipe) { $0.hasSuffix(#""name":"users","value":1}"#) }
        kill(process.processIdentifier, SIGINT)
        // What it still writes must not keep it.
        let drain = Task.detached { while try await !pipe.fileHandleForReading.firstLine().isEmpty {} }
        await ended.value
        drain.cancel()
        #expect(process.terminationStatus == 0 && process.terminationReason == .exit)
        let errors = String(decoding: try watcher.read("errors"), as: UTF8.self)
        #expect(errors == "the collector has gone; waiting for it\nthe collector is back\n")
    }

    @Test("--watch writes one head as CSV, one array as JSON, and a table for each look")
    func formats() async throws {
        let collector = try await CollectorProcess.withSamples()
        func watched(_ format: String, _ marker: String) async throws -> Outcome {
            let directory = try TestDirectory()
            let process = try collector.program.prepare(
                ["status", "--watch", "--interval", "100ms", "--format", format], directory)
            let ended = try process.started()
            var count = 0
            while count < 3 {
                let text = String(decoding: try directory.read("output"), as: UTF8.self)
                count = text.components(separatedBy: marker).count - 1
                try #require(process.isRunning)
                await Task.yield()
            }
            kill(process.processIdentifier, SIGTERM)
            await ended.value
            return try collector.program.outcome(of: process, directory)
        }
        let csv = try await watched("csv", "schema_version")
        #expect(csv.exit == 0 && csv.text.hasPrefix("at,name,value\n"))
        #expect(csv.text.components(separatedBy: "at,name,value").count == 2)
        let json = try await watched("json", "schema_version")
        #expect(try json.exit == 0 && json.rows().count >= 3 * 40)
        let table = try await watched("table", "schema_version")
        #expect(table.exit == 0 && table.text.components(separatedBy: "FIGURE ").count >= 4)
    }

    @Test("--watch ends quietly when nobody reads any more")
    func closedPipe() async throws {
        let collector = try await CollectorProcess.withSamples()
        let directory = try TestDirectory()
        let process = try collector.program.prepare(
            ["status", "--watch", "--interval", "100ms", "--format", "ndjson"], directory)
        let pipe = Pipe()
        process.standardOutput = pipe
        try pipe.fileHandleForReading.close()
        try await process.runToEnd()
        #expect(process.terminationReason == .exit && process.terminationStatus == 0)
        #expect(try directory.read("errors").isEmpty)
    }

    @Test("needs a collector at its beginning, and options that make sense")
    func usage() async throws {
        let program = Program(environment: ["TRACEWIRE_CONNECT": try DesertedAddress().text])
        #expect(try await program.run(["status"]).exit == 3)
        #expect(try await program.run(["status", "--watch"]).exit == 3)
        for wrong in [["--interval", "5s"], ["--watch", "--interval", "50ms"], ["--watch", "--interval", "soon"]] {
            #expect(try await program.run(["status"] + wrong).exit == 2, "\(wrong)")
        }
    }
}
