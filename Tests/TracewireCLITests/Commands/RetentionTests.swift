import Foundation
import Testing

@Suite("serve --retain and --max-disk", .timeLimit(.minutes(5)))
struct RetentionTests {
    private let directory: TestDirectory

    init() throws {
        directory = try TestDirectory()
    }

    /// A run that began so many days ago, and maybe ended a second later.
    private func run(_ number: Int, daysAgo: Int64, ends: Bool = true) -> String {
        let at = Int64(Date().timeIntervalSince1970 * 1000) - daysAgo * 86_400_000
        let workflow = #""workflow":"0199c8aa-0000-7000-8000-00000000000\#(number)""#
        let start = #"{"event":"workflow.start","at_ms":\#(at),\#(workflow),"name":"run \#(number)"}"#
        let end = #"{"event":"workflow.end","at_ms":\#(at + 1000),\#(workflow),"status":"completed"}"#
        return ends ? "\(start)\n\(end)\n" : "\(start)\n"
    }

    /// Asks for the figures again and again, until they are as wanted.
    private func figures(
        _ collector: CollectorProcess, until isWanted: ([String: Any]) -> Bool
    ) async throws -> [String: Any] {
        while true {
            let rows = try await collector.run("status", "--format", "json").rows()
            let figures = Dictionary(
                rows.compactMap { row in (row["name"] as? String).map { ($0, row["value"] ?? NSNull()) } },
                uniquingKeysWith: { first, _ in first })
            if isWanted(figures) { return figures }
        }
    }

    private func names(_ collector: CollectorProcess) async throws -> [String] {
        try await collector.run("workflows", "--format", "json").rows().compactMap { $0["name"] as? String }
    }

    @Test("what ended too long ago goes, and is counted; what runs or ended later stays")
    func retain() async throws {
        let collector = try await CollectorProcess(
            directory: directory, arguments: ["--retain", "30d", "--metrics", "127.0.0.1:0", "--log-format", "json"])
        let events =
            run(1, daysAgo: 40) + run(2, daysAgo: 29) + run(3, daysAgo: 50, ends: false) + run(4, daysAgo: 31)
            + run(5, daysAgo: 0)
        #expect(try await collector.run("import", "-", input: events).exit == 0)
        let figures = try await figures(collector) { $0["workflows_pruned_for_age"] as? Int == 2 }
        #expect(figures["workflows"] as? Int == 3)
        #expect(figures["workflows_pruned_for_room"] as? Int == 0)
        #expect(figures["last_pruned_at"] is Int)
        #expect(figures["retain_seconds"] as? Int == 30 * 86_400)
        #expect(try await names(collector).sorted() == ["run 2", "run 3", "run 5"])
        #expect(try await collector.run("check").exit == 0)
        let scrape = try await collector.scraped("/metrics")
        #expect(scrape.text.contains("\ntracewire_workflows_pruned_for_age_total 2\n"))
        #expect(await collector.end(SIGTERM) == 0)
        let lines = String(decoding: try directory.read("errors"), as: UTF8.self).split(separator: "\n")
        let told = try lines.map {
            try #require(try JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any])
        }.filter { $0["message"] as? String == "old workflows were removed" }
        // A line for many, not one for each.
        #expect(1...2 ~= told.count)
        let counts = told.compactMap { ($0["metadata"] as? [String: Any])?["for_age"] as? String }
        #expect(counts.compactMap(Int.init).reduce(0, +) == 2)
    }

    private var fileBytes: Int {
        ["traces.db", "traces.db-wal", "traces.db-shm"].reduce(0) { sum, name in
            let facts = try? FileManager.default.attributesOfItem(atPath: directory.file(name))
            return sum + (facts?[.size] as? Int ?? 0)
        }
    }

    @Test(
        "beyond what the files may take the oldest that have ended go while others are recorded, and the files are small again"
    )
    func maxDisk() async throws {
        let collector = try await CollectorProcess(directory: directory, arguments: ["--max-disk", "6M"])
        let old = run(7, daysAgo: 2_000, ends: false)
        #expect(try await collector.run("import", "-", input: old).exit == 0)
        for first in stride(from: 0, to: 3_000, by: 500) {
            let runs = BulkyRuns(first: first, count: 500)
            #expect(try await collector.run("import", "-", input: runs.lines.text).exit == 0)
        }
        let figures = try await figures(collector) { _ in fileBytes <= 6_000_000 }
        let pruned = try #require(figures["workflows_pruned_for_room"] as? Int)
        let left = try #require(figures["workflows"] as? Int)
        #expect(pruned > 1_500 && left > 100 && pruned + left == 3_001)
        #expect(figures["max_disk_bytes"] as? Int == 6_000_000)
        #expect(figures["disk_shortage"] is NSNull)
        // The oldest went, one after the other; the one that runs is there.
        let sql =
            "SELECT count(*) AS n, max(created_at) - min(created_at) AS span FROM workflows WHERE status <> 'running'"
        let kept = try #require(try await collector.run("sql", sql, "--format", "json").rows().first)
        // More may have gone since the figures were read.
        let count = try #require(kept["n"] as? Int)
        #expect(kept["span"] as? Int == count - 1 && count < left)
        #expect(try await names(collector).contains("bulky"))
        #expect(try await collector.run("workflows", "--status", "running", "--format", "ndjson").lines.count == 1)
        #expect(try await collector.run("check").exit == 0)
    }

    @Test("where only running workflows are left, status and log say so, and recording goes on")
    func runningOnly() async throws {
        let collector = try await CollectorProcess(directory: directory, arguments: ["--max-disk", "1M"])
        let running = BulkyRuns(first: 0, count: 400).lines.filter { !$0.contains("workflow.end") }
        #expect(try await collector.run("import", "-", input: running.text).exit == 0)
        let figures = try await figures(collector) { !($0["disk_shortage"] is NSNull) }
        #expect(figures["workflows_running"] as? Int == 400 && figures["workflows_pruned_for_room"] as? Int == 0)
        let status = try await collector.run("status")
        #expect(status.exit == 0 && status.text.contains("--max-disk"))
        #expect(try await collector.run("import", "-", input: run(1, daysAgo: 0)).exit == 0)
        #expect(await collector.end(SIGTERM) == 0)
        let log = String(decoding: try directory.read("errors"), as: UTF8.self)
        #expect(log.contains("warning: the database takes more room than it may"))
    }

    @Test(
        "makes no sense below a second or a million bytes",
        arguments: [["--retain", "0s"], ["--max-disk", "10k"], ["--max-disk", "big"]])
    func usage(arguments: [String]) async throws {
        let outcome = try await Program().run(["serve", "--database", directory.file("traces.db")] + arguments)
        #expect(outcome.exit == 2 && outcome.errors.contains(arguments[0]))
    }
}
