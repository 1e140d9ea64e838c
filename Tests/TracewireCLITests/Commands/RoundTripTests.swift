import Foundation
import Testing

@Suite("import and export")
struct RoundTripTests {
    @Test("what a planner recorded comes back line for line, and importing it again changes nothing")
    func planner() async throws {
        let directory = try TestDirectory()
        let events = try await Traffic.write(.planner, seed: 7, workflows: 40, to: directory)
        let collector = try await CollectorProcess(directory: directory)
        for _ in 1...2 {
            let imported = try await collector.run("import", events)
            #expect(imported.exit == 0, "\(imported.errors)")
            let exported = try await collector.run("export")
            #expect(exported.exit == 0, "\(exported.errors)")
            #expect(exported.output == (try directory.read("events.ndjson")))
        }
        #expect(await collector.end(SIGTERM) == 0)
    }

    @Test("events of every shape come back equal, JSON values as the text that was sent", arguments: [1, 2, 3])
    func odd(seed: Int) async throws {
        let directory = try TestDirectory()
        let events = try await Traffic.write(.odd, seed: seed, workflows: 60, to: directory)
        let collector = try await CollectorProcess(directory: directory)
        let text = String(decoding: try directory.read("events.ndjson"), as: UTF8.self)
        let imported = try await collector.run("import", "-", input: text)
        #expect(imported.exit == 0, "\(imported.errors)")
        let exported = try await collector.run("export", directory.file("exported.ndjson"))
        #expect(exported.exit == 0, "\(exported.errors)")
        #expect(exported.output.isEmpty)
        try await Traffic.expectEqual(events, directory.file("exported.ndjson"))
    }

    @Test("every way to compress and small batches carry the same", arguments: ["stream", "frame", "none"])
    func compression(mode: String) async throws {
        let directory = try TestDirectory()
        let events = try await Traffic.write(.planner, seed: 8, workflows: 10, to: directory)
        let collector = try await CollectorProcess(directory: directory)
        let imported = try await collector.run("import", events, "--compression", mode, "--batch-bytes", "2048")
        #expect(imported.exit == 0, "\(imported.errors)")
        let exported = try await collector.run("export")
        #expect(exported.output == (try directory.read("events.ndjson")))
    }

    @Test("one run is exported with its user, and nothing else")
    func oneRun() async throws {
        let directory = try TestDirectory()
        let events = try await Traffic.write(.planner, seed: 9, workflows: 5, to: directory)
        let collector = try await CollectorProcess(directory: directory)
        _ = try await collector.run("import", events)
        let workflows = try await collector.run("workflows", "--format", "json").rows()
        let third = try #require(workflows.first { $0["id"] as? Int == 3 }?["uuid"] as? String)
        let exported = try await collector.run("export", "--run", third)
        let expected = try String(decoding: directory.read("events.ndjson"), as: UTF8.self).split(separator: "\n")
            .filter { $0.contains("\"workflow\":\"\(third)\"") }
        #expect(exported.lines.first?.hasPrefix(#"{"event":"user""#) == true)
        #expect(exported.lines.dropFirst().map { Substring($0) } == expected)
    }

    @Test("the traffic of generate.py comes back line for line", .enabled(if: Traffic.workload != nil))
    func workload() async throws {
        let directory = try TestDirectory()
        let workload = try #require(Traffic.workload)
        let generator = Program(executable: URL(filePath: "/usr/bin/env"))
        let made = try await generator.run(["python3", "\(workload)/generate.py", "--workflows", "30"])
        try made.output.write(to: URL(filePath: directory.file("events.ndjson")))
        let collector = try await CollectorProcess(directory: directory)
        let imported = try await collector.run("import", directory.file("events.ndjson"), "--format", "json")
        #expect(imported.exit == 0, "\(imported.errors)")
        #expect(try imported.rows().first?["committed"] as? Int == made.lines.count)
        #expect(try await collector.run("export").output == made.output)
    }

    @Test("what was acknowledged is there after kill -9 of the collector")
    func killed() async throws {
        let directory = try TestDirectory()
        let events = try await Traffic.write(.planner, seed: 11, workflows: 20, to: directory)
        let collector = try await CollectorProcess(directory: directory)
        let imported = try await collector.run("import", events)
        #expect(imported.exit == 0, "\(imported.errors)")
        #expect(await collector.end(SIGKILL) == SIGKILL)
        let again = try await CollectorProcess(directory: directory)
        #expect(try await again.run("export").output == (try directory.read("events.ndjson")))
    }
}

extension Traffic {
    /// The directory of `generate.py`, where `TRACEWIRE_WORKLOAD` names one.
    static var workload: String? { ProcessInfo.processInfo.environment["TRACEWIRE_WORKLOAD"] }
}
