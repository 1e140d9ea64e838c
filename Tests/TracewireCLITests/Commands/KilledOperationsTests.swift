import Foundation
import Testing

/// Each is killed when there is a sign that it has begun, and none that it is over. Where it was over all the same, which
/// a busy machine may bring about, it is tried again.
@Suite("A collector that is killed while it maintains its database loses nothing")
struct KilledOperationsTests {
    private let directory: TestDirectory
    /// How often each is to be killed in its middle, and how often that is tried.
    private let kills = 2
    private let attempts = 12

    init() throws {
        directory = try TestDirectory()
    }

    private func integer(_ sql: String, _ collector: CollectorProcess) async throws -> Int {
        let answer = try await collector.run("sql", sql, "--format", "json")
        return try #require(try answer.rows().first?.values.first as? Int, "\(answer.text)\(answer.errors)")
    }

    /// Whether the collector's database is whole, and holds these events and no other.
    private func expect(_ lines: [String], in collector: CollectorProcess) async throws {
        let checked = try await collector.run("check")
        #expect(checked.exit == 0, "\(checked.text)\(checked.errors)")
        let exported = try await collector.run("export")
        try exported.output.write(to: URL(filePath: directory.file("exported.ndjson")))
        try await Traffic.expectEqual(
            try directory.write(lines.text, to: "expected.ndjson"), directory.file("exported.ndjson"))
    }

    @Test("while it merges what light traffic has left")
    func merging() async throws {
        var collector = try await CollectorProcess(directory: directory)
        var acknowledged: [String] = []
        let merged = "SELECT count(*) FROM segments WHERE raw_bytes > 900000"
        var killed = 0
        for attempt in 0..<attempts where killed < kills {
            // What is acknowledged is less than a segment. What follows makes it enough, and is merged with it.
            let before = BulkyRuns(first: attempt * 1_000, count: 60).lines
            #expect(try await collector.run("import", "-", "--batch-records", "1", input: before.text).exit == 0)
            acknowledged += before
            let count = try await integer(merged, collector)
            let more = BulkyRuns(first: attempt * 1_000 + 500, count: 400).lines
            let file = try directory.write(more.text, to: "more.ndjson")
            let program = collector.program
            let work = Task { try await program.run(["import", file, "--batch-records", "1", "--timeout", "1s"]).exit }
            var now = count
            for _ in 0..<1_000 where now == count { now = try await integer(merged, collector) }
            #expect(now > count, "nothing was merged")
            #expect(await collector.end(SIGKILL) == SIGKILL)
            if try await work.value != 0 { killed += 1 }

            collector = try await CollectorProcess(directory: directory)
            #expect(try await integer("SELECT count(*) FROM workflows", collector) >= acknowledged.count / 3)
            // Only what was not acknowledged is sent again.
            #expect(try await collector.run("import", file).exit == 0)
            acknowledged += more
        }
        #expect(killed == kills, "the import was over before it could be killed")
        try await expect(acknowledged, in: collector)
    }

    @Test("while it prunes")
    func pruning() async throws {
        var collector = try await CollectorProcess(directory: directory)
        let now = Int(Date().timeIntervalSince1970 * 1_000)
        let young = BulkyRuns(first: 10_000, count: 40, atMs: now).lines
        var lines = BulkyRuns(first: 0, count: 2_000, outputBytes: 300).lines
        // In one segment with those that go.
        for run in 0..<40 { lines.insert(contentsOf: young[run * 3..<run * 3 + 3], at: run * 150) }
        var left = 40
        var killed = 0
        for _ in 0..<attempts where killed < kills {
            if left == 40 {
                #expect(try await collector.run("import", "-", input: lines.text).exit == 0)
                left = try await integer("SELECT count(*) FROM workflows", collector)
                #expect(left == 2_040)
            }
            let program = collector.program
            let work = Task { try await program.run(["prune", "--older-than", "1d", "--yes"]).exit }
            var seen = left
            for _ in 0..<1_000 where seen == left {
                seen = try await integer("SELECT count(*) FROM workflows", collector)
            }
            #expect(await collector.end(SIGKILL) == SIGKILL)
            let isOver = try await work.value == 0
            collector = try await CollectorProcess(directory: directory)
            let rest = try await integer("SELECT count(*) FROM workflows", collector)
            #expect(rest >= 40 && rest <= seen && seen < left, "\(rest) of \(left) are left")
            if isOver { #expect(rest == 40) } else { killed += 1 }
            left = rest
            #expect(try await collector.run("check").exit == 0)
        }
        #expect(killed == kills, "the prune was over before it could be killed")
        #expect(try await collector.run("prune", "--older-than", "1d", "--yes").exit == 0)
        #expect(try await integer("SELECT count(*) FROM lost_extremes", collector) == 0)
        try await expect(young, in: collector)
    }

    @Test("while it makes a backup, and the next one takes over what is left of the copy")
    func backup() async throws {
        var collector = try await CollectorProcess(directory: directory)
        let lines = BulkyRuns(first: 0, count: 500).lines
        #expect(try await collector.run("import", "-", input: lines.text).exit == 0)
        let copy = directory.file("copy.db")
        var killed = 0
        for _ in 0..<attempts where killed < kills {
            let program = collector.program
            let work = Task { try await program.run(["backup", copy]).exit }
            await begins(copy + ".unfinished", or: copy)
            #expect(await collector.end(SIGKILL) == SIGKILL)
            if try await work.value != 0, !FileManager.default.fileExists(atPath: copy) { killed += 1 }
            try? FileManager.default.removeItem(atPath: copy)
            collector = try await CollectorProcess(directory: directory)
            try await expect(lines, in: collector)
        }
        #expect(killed == kills, "the backup was over before it could be killed")
        #expect(try await collector.run("backup", copy).exit == 0)
        let second = try await CollectorProcess(directory: directory, database: "copy.db")
        try await expect(lines, in: second)
    }

    /// Waits until one of the files has bytes. It looks from a thread of its own, which no other test holds up.
    private func begins(_ unfinished: String, or finished: String) async {
        await withCheckedContinuation { continuation in
            Thread.detachNewThread {
                let bytes = { (path: String) -> Int in
                    let facts = try? FileManager.default.attributesOfItem(atPath: path)
                    return facts?[.size] as? Int ?? 0
                }
                while bytes(unfinished) == 0 && bytes(finished) == 0 { usleep(100) }
                continuation.resume()
            }
        }
    }
}
