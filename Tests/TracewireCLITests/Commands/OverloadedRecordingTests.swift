import Foundation
import Testing

/// A program that records more than its collector takes, or than its disk does.
@Suite("A program that records more than there is room for", .serialized, .timeLimit(.minutes(5)))
struct OverloadedRecordingTests {
    private let directory: TestDirectory

    init() throws {
        directory = try TestDirectory()
    }

    @Test(
        "keeps within its limits, and what is missing is counted by workflow at the collector",
        arguments: [(onDisk: true, seconds: 60), (onDisk: false, seconds: 10)])
    func flood(onDisk: Bool, seconds: Int) async throws {
        let collector = try await CollectorProcess(directory: directory)
        let limit = 8 << 20
        let outcome = try await Program(executable: Paths.recordingHost).run(
            [
                "flood", onDisk ? directory.file("spool") : "memory", collector.address, "\(seconds)", "\(limit)",
                "drain",
            ])
        #expect(outcome.exit == 0, "\(outcome.text)\(outcome.errors)")
        let figures = outcome.text.split(whereSeparator: \.isWhitespace).compactMap { Int($0) }
        try #require(figures.count == 5)
        let (calls, shed, payloadsShed, memory) = (figures[0], figures[2], figures[3], figures[4])
        // Otherwise it was no overload.
        #expect(shed + payloadsShed > 1_000)
        // The program itself, what is being sent, and the queue.
        #expect(memory < 160 << 20)
        let sql = """
            SELECT (SELECT count(*) FROM generations) AS calls, (SELECT count(output) FROM generations) AS outputs,
                (SELECT sum(records) FROM sheds) AS records, (SELECT sum(payloads) FROM sheds) AS payloads,
                (SELECT count(*) FROM workflows WHERE status = 'completed') AS workflows
            """
        let rows = try await collector.run("sql", sql, "--format", "json").rows()
        let found = try #require(rows.first?.mapValues { $0 as? Int ?? 0 })
        #expect(found["workflows"] == 8)
        #expect((found["calls"] ?? 0) + (found["records"] ?? 0) == calls)
        #expect((found["calls"] ?? 0) - (found["outputs"] ?? 0) == found["payloads"])
        #expect(found["payloads"] == payloadsShed && found["records"] == shed)
        // A program without optimisation takes too long to print the calls of a minute: 100,000 and more of one run.
        guard seconds <= 10 else { return }
        let show = try await collector.run("show", "1")
        #expect(show.text.contains("incomplete: its program had no room for"))
    }

    @Test("goes on in memory when the disk is full, and delivers it")
    func fullDisk() async throws {
        let collector = try await CollectorProcess(directory: directory)
        let host = Program(
            executable: URL(filePath: "/usr/bin/env"),
            leading: ["prlimit", "--fsize=\(200 << 10)", Paths.recordingHost.path])
        // Larger segments than a file may be.
        let outcome = try await host.run([
            "flood", directory.file("spool"), collector.address, "1", "\(64 << 20)", "drain",
        ])
        #expect(outcome.exit == 0, "\(outcome.text)\(outcome.errors)")
        let found = try await collector.run("sql", "SELECT count(*) AS n FROM generations", "--format", "json").rows()
        #expect((found.first?["n"] as? Int ?? 0) > 100)
        #expect(try FileManager.default.contentsOfDirectory(atPath: directory.file("spool")).isEmpty)
    }

    @Test("has its losses counted at the collector where it was killed before it could say them")
    func killed() async throws {
        let collector = try await CollectorProcess(directory: directory)
        var deserted: DesertedAddress? = try DesertedAddress()
        let address = try #require(deserted?.text)
        let outcome = try await Program(executable: Paths.recordingHost).run(
            ["flood", directory.file("spool"), address, "3", "\(2 << 20)", "kill"])
        deserted = nil
        #expect(outcome.exit == SIGKILL, "\(outcome.errors)")
        let figures = outcome.text.split(whereSeparator: \.isWhitespace).compactMap { Int($0) }
        try #require(figures.count == 3)
        let (calls, shed, payloadsShed) = (figures[0], figures[1], figures[2])
        #expect(shed > 100)
        let forwarded = try await collector.run("forward", directory.file("spool"))
        #expect(forwarded.exit == 0, "\(forwarded.text)\(forwarded.errors)")
        let sql = """
            SELECT (SELECT count(*) FROM generations) AS calls, (SELECT sum(records) FROM sheds) AS records,
                (SELECT sum(payloads) FROM sheds) AS payloads
            """
        let found = try #require(try await collector.run("sql", sql, "--format", "json").rows().first)
        #expect(found["records"] as? Int == shed)
        #expect(found["payloads"] as? Int == payloadsShed)
        // The ends of the workflows may be among what was shed.
        #expect((calls...(calls + 8)).contains((found["calls"] as? Int ?? 0) + shed))
        #expect(try FileManager.default.contentsOfDirectory(atPath: directory.file("spool")).isEmpty)
    }
}
