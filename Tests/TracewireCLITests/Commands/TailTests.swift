import Foundation
import Testing

/// What happens, as it is committed, on the terminal of whoever looks.
@Suite("tail", .timeLimit(.minutes(5)))
struct TailTests {
    private func positions(_ outcome: Outcome) throws -> [Int] {
        try outcome.lines.compactMap { line in
            let event = try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any]
            return event?["position"] as? Int
        }
    }

    @Test("shows the last events, and with a filter only those that pass")
    func last() async throws {
        let collector = try await CollectorProcess.withSamples()
        let all = try await collector.run("tail", "--after", "0", "--limit", "5", "--format", "ndjson")
        #expect(try positions(all) == [1, 2, 3, 4, 5])
        let failed = try await collector.run("tail", "-n", "1000", "--limit", "1", "--status", "failed")
        #expect(failed.exit == 0)
        #expect(failed.text.contains("✗"))
        let called = try await collector.run(
            "tail", "-n", "1000", "--limit", "1", "--model", "gpt-4o", "--format", "csv")
        #expect(called.text.split(whereSeparator: \.isNewline).count == 2)
        // The last ones that pass, however far back.
        let one = try await collector.run(
            "tail", "-n", "1", "--status", "failed", "--until", "2030-01-01", "--limit", "1", "--format", "ndjson")
        #expect(one.lines.count == 1 && one.text.contains(#""status":"failed""#))
        #expect(called.text.hasPrefix("position,subject"))
    }

    @Test("shows what happened in a stretch of time, and ends when that is over")
    func period() async throws {
        let collector = try await CollectorProcess(directory: try TestDirectory())
        let users = (1...9).map { #"{"event":"user","username":"user-\#($0)","at_ms":177000000\#($0)000}"# }
        #expect(try await collector.run("import", "-", input: users.joined(separator: "\n")).exit == 0)
        let past = try await collector.run(
            "tail", "--utc", "--since", "2026-02-02 02:40:03", "--until", "2026-02-02 02:40:07", "--format",
            "ndjson")
        #expect(past.exit == 0, "\(past.errors)")
        #expect(try positions(past) == [3, 4, 5, 6])
        let last = try await collector.run("tail", "--last", "2", "--until", "2026-02-03", "--format", "ndjson")
        #expect(try positions(last) == [8, 9])
        let soon = ISO8601DateFormatter().string(from: Date(timeIntervalSinceNow: 2))
        let following = try await collector.run("tail", "--until", soon, "--format", "ndjson")
        #expect(following.exit == 0, "\(following.errors)")
        #expect(try positions(following) == Array(1...9))
        #expect(Date() >= (try Date(soon, strategy: .iso8601)))
    }

    @Test("goes on without a gap or a repetition when the collector is killed and comes back")
    func restart() async throws {
        let directory = try TestDirectory()
        var collector = try await CollectorProcess(directory: directory)
        let address = collector.address
        let runs = 40
        let limit = runs * 3
        let program = collector.program
        async let tailed = program.run(
            ["tail", "--after", "0", "--limit", "\(limit)", "--format", "ndjson"])
        for run in 0..<runs {
            let workflow = "0199c8aa-0000-7000-8000-\(String(format: "%012x", run + 1))"
            let lines = [
                #"{"event":"user","username":"user-\#(run)","at_ms":1}"#,
                #"{"event":"workflow.start","workflow":"\#(workflow)","username":"user-\#(run)","name":"x","at_ms":2}"#,
                #"{"event":"workflow.end","workflow":"\#(workflow)","status":"completed","at_ms":3}"#,
            ]
            #expect(try await collector.run("import", "-", input: lines.joined(separator: "\n")).exit == 0)
            if run % 10 == 5 { collector = try await collector.restarted() }
        }
        #expect(collector.address == address)
        let outcome = try await tailed
        #expect(outcome.exit == 0, "\(outcome.errors)")
        #expect(try positions(outcome) == Array(1...limit))
        #expect(outcome.errors.contains("the collector is back"))
    }

    @Test(
        "shows every event once and in its order, while a collector that is killed over and over is sent more and more")
    func load() async throws {
        let directory = try TestDirectory()
        var collector = try await CollectorProcess(directory: directory)
        let runs = 600
        let events = try directory.write(
            (1...runs).flatMap { run in
                let workflow = "0199c8aa-0000-7000-8000-\(String(format: "%012x", run))"
                return [
                    #"{"event":"user","username":"user-\#(run)","at_ms":1}"#,
                    #"{"event":"workflow.start","workflow":"\#(workflow)","username":"user-\#(run)","name":"x","at_ms":2}"#,
                    #"{"event":"workflow.end","workflow":"\#(workflow)","status":"completed","at_ms":3}"#,
                ]
            }.joined(separator: "\n"), to: "events.ndjson")
        let program = collector.program
        async let tailed = program.run(["tail", "--after", "0", "--limit", "\(runs * 3)", "--format", "ndjson"])
        // A batch a run, so that it goes on for longer than some restarts take.
        async let imported = program.run(["import", events, "--batch-records", "3"])
        for place in 1...5 {
            let wanted = runs * place / 6
            while (try? await committedRuns(collector)) ?? 0 < wanted { await Task.yield() }
            collector = try await collector.restarted()
        }
        #expect(try await imported.exit == 0)
        let outcome = try await tailed
        #expect(outcome.exit == 0, "\(outcome.errors)")
        #expect(try positions(outcome) == Array(1...runs * 3))
        let shown = try outcome.lines.map { line in
            let event = try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
            return "\(event["subject"] ?? "") \(event["status"] ?? "") \(event["user"] ?? "")"
        }
        let wanted = (1...runs).flatMap { run in
            ["user <null> user-\(run)", "workflow running user-\(run)", "workflow completed user-\(run)"]
        }
        #expect(shown == wanted)
    }

    private func committedRuns(_ collector: CollectorProcess) async throws -> Int {
        let answer = try await collector.run("sql", "SELECT count(*) AS runs FROM workflows", "--format", "json")
        return try answer.rows().first?["runs"] as? Int ?? 0
    }

    @Test("says how many events it has missed, and where to find them")
    func missed() async throws {
        let collector = try await CollectorProcess.withSamples()
        let more = #"{"event":"user","username":"somebody","at_ms":1}"#
        #expect(try await collector.run("import", "-", input: more).exit == 0)
        #expect(await collector.end(SIGTERM) == 0)
        // As a collector leaves it that has taken a million events more.
        try spoil(
            collector.directory.file("traces.db"),
            "DELETE FROM feed WHERE position < (SELECT max(position) FROM feed)")
        let back = try await CollectorProcess(directory: collector.directory)
        let outcome = try await back.run("tail", "--after", "2", "--limit", "1", "--format", "ndjson")
        let position = try #require(try positions(outcome).last)
        #expect(outcome.errors.contains("\(position - 3) events were removed before they were read"))
        #expect(position == SampleRuns.lines.count + 1)
    }

    @Test("ends well when it is interrupted")
    func interrupted() async throws {
        let collector = try await CollectorProcess.withSamples()
        let pipe = Pipe()
        let process = try collector.program.prepare(["tail", "-n", "1"], collector.directory)
        process.standardOutput = pipe
        let ended = try process.started()
        #expect(try await !pipe.fileHandleForReading.firstLine().isEmpty)
        kill(process.processIdentifier, SIGINT)
        await ended.value
        #expect(process.terminationStatus == 0 && process.terminationReason == .exit)
    }

    @Test("says where the events end to whoever asks behind them")
    func beyond() async throws {
        let collector = try await CollectorProcess.withSamples()
        let outcome = try await collector.run("tail", "--after", "999")
        #expect(outcome.exit == 1)
        #expect(outcome.errors.contains("there is no event 999 yet: the last is \(SampleRuns.lines.count)"))
    }

    @Test("needs a collector at its beginning")
    func absent() async throws {
        let deserted = try DesertedAddress()
        let outcome = try await Program(environment: ["TRACEWIRE_CONNECT": deserted.text]).run(["tail"])
        #expect(outcome.exit == 3)
    }

    @Test("show --follow waits for the end of the run, and shows it whole")
    func follow() async throws {
        let collector = try await CollectorProcess.withSamples()
        let program = collector.program
        async let shown = program.run(["show", SampleRuns.running, "--follow"])
        // Something else happens first.
        #expect(try await collector.run("import", "-", input: #"{"event":"user","username":"x","at_ms":1}"#).exit == 0)
        let end =
            #"{"event":"workflow.end","workflow":"\#(SampleRuns.running)","status":"cancelled","at_ms":1770000099000}"#
        #expect(try await collector.run("import", "-", input: end).exit == 0)
        let outcome = try await shown
        #expect(outcome.exit == 0, "\(outcome.errors)")
        #expect(outcome.text.contains("■ cancelled"))
        #expect(!outcome.text.contains("\u{1b}"))
    }
}
