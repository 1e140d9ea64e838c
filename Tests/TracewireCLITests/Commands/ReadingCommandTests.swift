import Foundation
import Testing

/// What holds for every command that reads, whatever its collector is like.
@Suite("Every command that reads", .timeLimit(.minutes(5)))
struct ReadingCommandTests {
    /// With a run in the place of `RUN`. Each ends by itself.
    private static let commands: [[String]] = [
        ["workflows"], ["show", "RUN"], ["show", "RUN", "--payloads"], ["show", "RUN", "--format", "json"],
        ["diff", "RUN"],
        ["diff", "RUN", "RUN"], ["stats", "users"], ["stats", "nodes", "--by", "hour"], ["stats", "models"], ["errors"],
        ["cost", "--since", "2026-01-01"], ["search", "성수"], ["sql", "SELECT * FROM nodes"],
        ["tail", "-n", "5000", "--until", "2026-02-03"], ["rejected", "list"], ["status"], ["export", "-"],
    ]

    private static func commands(_ run: String) -> [[String]] {
        commands.map { $0.map { $0 == "RUN" ? run : $0 } }
    }

    @Test("says where it has looked for a collector that is not there, and what to do")
    func absent() async throws {
        let deserted = try DesertedAddress()
        for command in Self.commands("1") {
            let outcome = try await Program(environment: ["TRACEWIRE_CONNECT": deserted.text]).run(command)
            #expect(outcome.exit == 3, "\(command)")
            #expect(outcome.output.isEmpty)
            #expect(outcome.errors.contains("no collector at \(deserted.text): start one"), "\(outcome.errors)")
        }
    }

    @Test("looks at the next address where nobody answers at the first")
    func fallback() async throws {
        let deserted = try DesertedAddress()
        let collector = try await CollectorProcess(directory: try TestDirectory())
        let program = Program(environment: ["TRACEWIRE_CONNECT": "\(deserted.text),\(collector.address)"])
        #expect(try await program.run(["import", "-"], input: SampleRuns.text).exit == 0)
        for command in Self.commands("2") {
            let outcome = try await program.run(command)
            #expect(outcome.exit == 0, "\(command): \(outcome.errors)")
        }
        let spool = try TestDirectory()
        let host = try await Program(executable: Paths.recordingHost).run(
            [spool.file("spool"), deserted.text, spool.file("progress"), "left", "5", "20000", "record"])
        #expect(host.exit == SIGKILL)
        #expect(try await program.run(["forward", spool.file("spool")]).exit == 0)
        #expect(try await program.run(["workflows", "--name", "left", "--format", "ndjson"]).lines.count == 1)
    }

    @Test("answers while the disk of its collector is full")
    func fullDisk() async throws {
        let collector = try await CollectorProcess.withSamples()
        // No file may grow: SQLite's log could not be written.
        try await collector.limitFiles(to: 1)
        for command in Self.commands("2") where command[0] != "status" {
            let outcome = try await collector.program.run(command)
            #expect(outcome.exit == 0, "\(command): \(outcome.errors)")
        }
    }

    @Test("ends quietly when the reader of its output goes away")
    func closedPipe() async throws {
        let directory = try TestDirectory()
        let events = try await Traffic.write(.planner, seed: 7, workflows: 60, to: directory)
        let collector = try await CollectorProcess(directory: directory)
        #expect(try await collector.run("import", events).exit == 0)
        for command in Self.commands("1") {
            let process = try collector.program.prepare(command, directory)
            let pipe = Pipe()
            process.standardOutput = pipe
            try pipe.fileHandleForReading.close()
            try await process.runToEnd()
            #expect(process.terminationReason == .exit && process.terminationStatus == 0, "\(command)")
            #expect(try directory.read("errors").isEmpty, "\(command)")
        }
    }

    @Test(
        "refuses a stretch of time in which nothing lies",
        arguments: [["workflows"], ["stats", "nodes"], ["cost"], ["errors"], ["search", "x"], ["tail"]])
    func emptyPeriod(command: [String]) async throws {
        let outcome = try await Program().run(command + ["--since", "2026-02-02", "--until", "2026-02-01"])
        #expect(outcome.exit == 2)
        #expect(outcome.errors.contains("--since is not before --until"))
    }
}
