import Foundation
import Testing

/// What is asked of a collector whose disk is full; files that may grow no further stand for it.
@Suite("On a full disk")
struct FullDiskOperationsTests {
    private let directory: TestDirectory
    private let collector: CollectorProcess
    private let events: String

    init() async throws {
        directory = try TestDirectory()
        collector = try await CollectorProcess(directory: directory)
        events = try await Traffic.write(.planner, seed: 11, workflows: 60, to: directory)
        #expect(try await collector.run("import", events).exit == 0)
    }

    /// Less than the database and its log have.
    private static let room = 32 << 10

    private func expectEverything() async throws {
        let checked = try await collector.run("check")
        #expect(checked.exit == 0, "\(checked.text)\(checked.errors)")
        let exported = try await collector.run("export")
        try exported.output.write(to: URL(filePath: directory.file("exported.ndjson")))
        try await Traffic.expectEqual(events, directory.file("exported.ndjson"))
    }

    @Test("a prune says so and removes nothing, and is done when there is room")
    func prune() async throws {
        try await collector.limitFiles(to: Self.room)
        let refused = try await collector.run("prune", "--older-than", "1d", "--yes")
        #expect(refused.exit == 1)
        #expect(refused.errors.contains("disk"), "\(refused.errors)")
        try await expectEverything()

        try await collector.limitFiles(to: nil)
        let pruned = try await collector.run("prune", "--older-than", "1d", "--yes", "--format", "json")
        #expect(try pruned.rows().first?["workflows"] as? Int == 60)
        #expect(try await collector.run("check").exit == 0)
    }

    @Test("a backup says so and leaves no half of a copy, and is made when there is room")
    func backup() async throws {
        try await collector.limitFiles(to: Self.room)
        let copy = directory.file("copy.db")
        let refused = try await collector.run("backup", copy)
        #expect(refused.exit == 1)
        #expect(refused.errors.contains("disk"), "\(refused.errors)")
        let left = try FileManager.default.contentsOfDirectory(atPath: directory.path)
        #expect(left.filter { $0.hasPrefix("copy.db") } == [])
        try await expectEverything()

        try await collector.limitFiles(to: nil)
        #expect(try await collector.run("backup", copy).exit == 0)
        let second = try await CollectorProcess(directory: directory, database: "copy.db")
        #expect(try await second.run("check").exit == 0)
        #expect(try await second.run("workflows", "--format", "json", "--limit", "100").rows().count == 60)
    }

    @Test("a plain database says so and leaves no half of it, and is written when there is room")
    func plainDatabase() async throws {
        let plain = directory.file("plain.db")
        let limited = Program(
            executable: URL(filePath: "/usr/bin/env"), environment: ["TRACEWIRE_CONNECT": collector.address])
        let refused = try await limited.run(
            ["prlimit", "--fsize=\(Self.room)", Paths.tracewire.path, "export", "--sqlite", plain])
        #expect(refused.exit == 1)
        #expect(refused.errors.contains("plain.db") && refused.errors.contains("disk"), "\(refused.errors)")
        let left = try FileManager.default.contentsOfDirectory(atPath: directory.path)
        #expect(left.filter { $0.hasPrefix("plain.db") } == [])

        #expect(try await collector.run("export", "--sqlite", plain).exit == 0)
        let counted = try await Program(executable: URL(filePath: "/usr/bin/env")).run(
            ["sqlite3", plain, "PRAGMA integrity_check; SELECT count(*) FROM workflows"])
        #expect(counted.lines == ["ok", "60"])
    }
}
