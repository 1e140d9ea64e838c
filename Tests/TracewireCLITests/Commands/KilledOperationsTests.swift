import Foundation
import Glibc
import Testing
import Tracewire
import TracewireProtocol

/// What `kill -9` leaves of a collector that was at work on its own database.
@Suite("A collector that is killed")
struct KilledOperationsTests {
    @Test("while it merges segments under traffic loses nothing that it acknowledged")
    func merging() async throws {
        let directory = try TestDirectory()
        let events = try await Traffic.write(.planner, seed: 6, workflows: 150, to: directory)
        var collector = try await CollectorProcess(directory: directory)
        // One event a batch leaves small segments, and the import connects again by itself.
        let program = collector.program
        let importing = Task { try await program.run(["import", events, "--batch-records", "1"]) }
        for count in 1...3 as ClosedRange<Int64> {
            try await waitUntil(collector, "SELECT count(*) >= \(count) FROM segments WHERE raw_bytes > 900000")
            collector = try await collector.restarted()
        }
        let imported = try await importing.value
        #expect(imported.exit == 0, "\(imported.errors)")
        try await expectSound(collector)
        try await expectExport(collector, equals: events)
        // All but what the last of the traffic has left, which is too little for a segment.
        let queries = try await queries(collector)
        let rest = "SELECT sum(raw_bytes) < 2000000 FROM segments WHERE raw_bytes < 500000"
        #expect(try await queries.rows(of: .sql(text: rest, parameters: [])) == [[.integer(1)]])
        await queries.close()
    }

    @Test("while it prunes has removed whole workflows, and keeps every other one")
    func pruning() async throws {
        let directory = try TestDirectory()
        let events = try await Traffic.write(.planner, seed: 9, workflows: 120, to: directory)
        var collector = try await CollectorProcess(directory: directory)
        #expect(try await collector.run("import", events).exit == 0)
        let starts = try await starts(collector)
        let before = starts[80]
        for attempt in 0..<5 {
            let queries = try await queries(collector)
            #expect(try await prune(queries, before, limit: 4) <= 4)
            let step = Task { try? await prune(queries, before, limit: 16) }
            // It dies at another instant each time: before the step, in it, after it.
            for _ in 0..<attempt { _ = try? await queries.rows(of: .sql(text: "SELECT 1", parameters: [])) }
            let killed = collector
            collector = try await killed.restarted()
            _ = await step.value
            await queries.close()
            try await expectSound(collector)
        }
        let queries = try await queries(collector)
        while try await prune(queries, before, limit: 64) > 0 {}
        await queries.close()
        try await expectSound(collector)
        try await expectExport(collector, equals: try await keep(events, startedFrom: before, in: directory))
    }

    @Test("while it makes a backup keeps its database, and the next backup takes the name")
    func backup() async throws {
        let directory = try TestDirectory()
        let events = try await Traffic.write(.planner, seed: 7, workflows: 150, to: directory)
        var collector = try await CollectorProcess(directory: directory)
        #expect(try await collector.run("import", events).exit == 0)
        let copy = directory.file("copy.db")
        var wasCutOff = false
        for _ in 0..<5 {
            let queries = try await queries(collector)
            let backup = Task {
                try? await queries.rows(of: .report(name: "backup", arguments: ["path": .text(copy)]))
            }
            for _ in 0..<100_000 where access(copy + ".unfinished", F_OK) != 0 && access(copy, F_OK) != 0 {
                await Task.yield()
            }
            collector = try await collector.restarted()
            _ = await backup.value
            await queries.close()
            wasCutOff = wasCutOff || access(copy + ".unfinished", F_OK) == 0
            // Only a whole copy has the name.
            if access(copy, F_OK) == 0 { try await expectSound(copy, in: directory) }
            unlink(copy)
            try await expectSound(collector)
        }
        #expect(wasCutOff)
        let made = try await collector.run("backup", copy)
        #expect(made.exit == 0, "\(made.errors)")
        #expect(access(copy + ".unfinished", F_OK) != 0)
        try await expectSound(copy, in: directory)
        try await expectExport(collector, equals: events)
    }

    // MARK: what is there

    private func expectSound(_ collector: CollectorProcess) async throws {
        let checked = try await collector.run("check")
        #expect(checked.exit == 0, "\(checked.text)\(checked.errors)")
    }

    private func expectSound(_ copy: String, in directory: TestDirectory) async throws {
        let name = URL(filePath: copy).lastPathComponent
        let collector = try await CollectorProcess(directory: directory, database: name)
        try await expectSound(collector)
        #expect(await collector.end(SIGTERM) == 0)
    }

    private func expectExport(_ collector: CollectorProcess, equals events: String) async throws {
        let exported = collector.directory.file("exported.ndjson")
        #expect(try await collector.run("export", exported).exit == 0)
        try await Traffic.expectEqual(events, exported)
    }

    /// The events of workflows that began at `time` or later, with all users, in a file.
    private func keep(_ events: String, startedFrom time: Int64, in directory: TestDirectory) async throws -> String {
        let lines = try String(contentsOfFile: events, encoding: .utf8).split(separator: "\n")
        var kept: [Substring] = []
        var isKept = true
        for line in lines {
            if line.hasPrefix(#"{"event":"workflow.start""#) {
                let start = try #require(line.firstMatch(of: /"at_ms":(\d+)}$/)?.output.1)
                isKept = try #require(Int64(start)) >= time
            }
            if isKept { kept.append(line) }
        }
        return try directory.write(kept.joined(separator: "\n") + "\n", to: "kept.ndjson")
    }

    // MARK: asking

    private func queries(_ collector: CollectorProcess) async throws -> QueryClient {
        let address = try #require(CollectorAddress(collector.address))
        return try await QueryClient.connect(host: address.host, port: address.port)
    }

    /// Asks until the answer is 1.
    private func waitUntil(_ collector: CollectorProcess, _ sql: String) async throws {
        let queries = try await queries(collector)
        for _ in 0..<100_000 {
            if try await queries.rows(of: .sql(text: sql, parameters: [])) == [[.integer(1)]] {
                return await queries.close()
            }
        }
        Issue.record("it never came to: \(sql)")
        await queries.close()
    }

    private func starts(_ collector: CollectorProcess) async throws -> [Int64] {
        let queries = try await queries(collector)
        let sql = "SELECT created_at FROM workflows ORDER BY created_at"
        let rows = try await queries.rows(of: .sql(text: sql, parameters: []))
        await queries.close()
        return rows.compactMap { if case .integer(let time) = $0[0] { time } else { nil } }
    }

    /// One step; how many it has removed.
    private func prune(_ queries: QueryClient, _ before: Int64, limit: Int64) async throws -> Int64 {
        let rows = try await queries.rows(
            of: .report(name: "prune", arguments: ["before": .integer(before), "limit": .integer(limit)]))
        guard case .integer(let removed) = rows.first?.first else { return 0 }
        return removed
    }
}
