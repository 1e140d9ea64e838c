import Foundation
import Testing

@Suite("demo")
struct DemoTests {
    @Test("runs three workflows on a collector of its own, shows them, and leaves nothing behind")
    func ownCollector() async throws {
        let directory = try TestDirectory()
        let outcome = try await Program(environment: ["TMPDIR": directory.path]).run(["demo"])
        #expect(outcome.exit == 0, "\(outcome.errors)")
        #expect(outcome.errors.isEmpty)
        for part in [
            "✓ completed", "✗ failed", "■ cancelled", "성수에서 전시 보고", "장소 검색 API가 503을", "PlannerError",
            "$ tracewire workflows", "$ tracewire show 1", "$ tracewire stats users", "$ tracewire stats nodes",
            "$ tracewire stats models", "claude-sonnet-4",
        ] {
            #expect(outcome.text.contains(part), "\(part)")
        }
        #expect(try FileManager.default.contentsOfDirectory(atPath: directory.path).isEmpty)
    }

    @Test("a signal ends it, and leaves nothing behind either", arguments: [SIGINT, SIGTERM])
    func signalled(signal: Int32) async throws {
        let directory = try TestDirectory()
        let files = try TestDirectory()
        let process = try Program(environment: ["TMPDIR": directory.path]).prepare(["demo"], files)
        let pipe = Pipe()
        process.standardOutput = pipe
        let ended = try process.started()
        // Its first words are written when its collector and directory are there.
        _ = try await pipe.fileHandleForReading.firstLine()
        kill(process.processIdentifier, signal)
        await ended.value
        #expect(process.terminationReason == .exit)
        #expect(try FileManager.default.contentsOfDirectory(atPath: directory.path).isEmpty)
    }

    @Test("uses the collector that is named")
    func namedCollector() async throws {
        let collector = try await CollectorProcess(directory: try TestDirectory())
        #expect(try await collector.run("demo").exit == 0)
        let workflows = try await collector.run("workflows", "--format", "json").rows()
        #expect(Set(workflows.compactMap { $0["status"] as? String }) == ["completed", "failed", "cancelled"])
        let nodes = try await collector.run("sql", "SELECT DISTINCT status FROM nodes ORDER BY 1", "--format", "csv")
        #expect(nodes.text == "status\ncompleted\nfailed\nskipped\n")
        #expect(try await collector.run("rejected", "--format", "json").text == "[]\n")
    }
}
