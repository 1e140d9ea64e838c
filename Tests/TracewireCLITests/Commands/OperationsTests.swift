import Foundation
import Testing

@Suite("backup, check and prune")
struct OperationsTests {
    @Test("a backup of a live database can be served, and holds what was there")
    func backup() async throws {
        let directory = try TestDirectory()
        let collector = try await CollectorProcess(directory: directory)
        let events = try await Traffic.write(.planner, seed: 3, workflows: 4, to: directory)
        #expect(try await collector.run("import", events).exit == 0)
        let made = try await collector.run("backup", directory.file("copy.db"))
        #expect(made.exit == 0, "\(made.errors)")
        #expect(made.text.contains(directory.file("copy.db")))
        let again = try await collector.run("backup", directory.file("copy.db"))
        #expect(again.exit == 1)
        #expect(again.errors.contains("exists already"))
        #expect(try await collector.run("backup", directory.file("copy.db"), "--force").exit == 0)

        let second = try await CollectorProcess(directory: directory, database: "copy.db")
        let checked = try await second.run("check")
        #expect(checked.exit == 0)
        #expect(checked.text.contains("nothing is wrong"))
        let exported = try await second.run("export")
        try exported.output.write(to: URL(filePath: directory.file("exported.ndjson")))
        try await Traffic.expectEqual(events, directory.file("exported.ndjson"))
    }

    @Test("what is damaged is named, and the exit code says so")
    func check() async throws {
        let directory = try TestDirectory()
        var collector = try await CollectorProcess(directory: directory)
        let events = try await Traffic.write(.planner, seed: 4, workflows: 2, to: directory)
        #expect(try await collector.run("import", events).exit == 0)
        #expect(await collector.end(SIGTERM) == 0)
        let sqlite = Program(executable: URL(filePath: "/usr/bin/env"))
        let damage = "UPDATE segments SET data = zeroblob(100) WHERE start = (SELECT max(start) FROM segments)"
        #expect(try await sqlite.run(["sqlite3", directory.file("traces.db"), damage]).exit == 0)
        collector = try await CollectorProcess(directory: directory)
        let checked = try await collector.run("check", "--format", "json")
        #expect(checked.exit == 1)
        #expect(try checked.rows().contains { $0["subject"] as? String == "segment" })
        #expect(try checked.rows().contains { $0["subject"] as? String == "value" })
        #expect(try await collector.run("workflows").exit == 0)
    }

    @Test("old workflows are counted, then deleted, and newer ones stay")
    func prune() async throws {
        let directory = try TestDirectory()
        let collector = try await CollectorProcess(directory: directory)
        let events = try await Traffic.write(.planner, seed: 5, workflows: 40, to: directory)
        #expect(try await collector.run("import", events).exit == 0)
        let now = Int64(Date().timeIntervalSince1970 * 1000)
        let young =
            #"{"event":"workflow.start","at_ms":\#(now),"workflow":"0199c8aa-0000-7000-8000-000000000001","name":"new"}"#
        #expect(try await collector.program.run(["import", "-"], input: young + "\n").exit == 0)
        let counted = try await collector.run("prune", "--older-than", "1d", "--dry-run", "--format", "json")
        #expect(try counted.rows().first?["workflows"] as? Int == 40)
        let pruned = try await collector.run("prune", "--older-than", "1d", "--format", "json")
        #expect(try pruned.rows().first?["workflows"] as? Int == 40)
        let left = try await collector.run("workflows", "--format", "json")
        #expect(try left.rows().map { $0["name"] as? String } == ["new"])
        #expect(try await collector.run("check").exit == 0)
        #expect(try await Program().run(["prune"]).exit == 2)
    }

    @Test(
        "a collector that is killed while it maintains its database loses nothing that it acknowledged",
        arguments: ["merge", "prune", "backup"])
    func killed(during operation: String) async throws {
        let directory = try TestDirectory()
        let events = try await Traffic.write(.planner, seed: 6, workflows: 30, to: directory)
        var collector = try await CollectorProcess(directory: directory)
        // One event a batch leaves many small segments.
        #expect(try await collector.run("import", events, "--batch-records", "1").exit == 0)
        for attempt in 0..<4 {
            let program = collector.program
            let copy = directory.file("copy\(attempt).db")
            let work = Task {
                switch operation {
                case "prune": try await program.run(["prune", "--older-than", "1d"]).exit
                case "backup": try await program.run(["backup", copy]).exit
                // It begins by itself as soon as nobody asks for anything.
                default:
                    try await program.run([
                        "sql",
                        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 3000000) SELECT max(i) FROM n",
                    ]).exit
                }
            }
            // Each attempt dies at another instant, the last when the operation is over.
            if attempt == 3 { _ = try await work.value }
            for _ in 0..<attempt { #expect(try await collector.run("status").exit == 0) }
            _ = await collector.end(SIGKILL)
            _ = try await work.value
            collector = try await CollectorProcess(directory: directory)
            let checked = try await collector.run("check")
            #expect(checked.exit == 0, "\(checked.text)")
        }
        if operation == "prune" { return }
        let exported = try await collector.run("export")
        try exported.output.write(to: URL(filePath: directory.file("exported.ndjson")))
        try await Traffic.expectEqual(events, directory.file("exported.ndjson"))
    }
}
