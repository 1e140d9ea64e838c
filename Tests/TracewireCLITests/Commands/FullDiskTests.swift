import Foundation
import Glibc
import Logging
import Testing
import Tracewire
import TracewireProtocol

/// A file that may grow no further stands for a disk without room: both fail the write.
@Suite("A collector whose disk is full")
struct FullDiskTests {
    @Test("acknowledges nothing more, says so in status, loses nothing, and goes on by itself when there is room")
    func recovery() async throws {
        let directory = try TestDirectory()
        let collector = try await CollectorProcess(directory: directory, arguments: ["--metrics", "127.0.0.1:0"])
        let client = TracewireClient(
            try configuration(collector), logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        for _ in 0..<10 { _ = client.startWorkflow("planner", userInput: "small") }
        let before = await client.flush(timeout: .seconds(60))
        #expect(before.committed == 10)
        #expect(before.isComplete)

        try await allowFiles(of: collector, toGrowBy: 256 << 10, in: directory)
        _ = client.startWorkflow("planner", userInput: noise(4 << 20))
        let queries = try await queries(collector)
        var figures: [String: Value] = [:]
        for _ in 0..<50_000 where figures["commits_failed", default: .integer(0)] == .integer(0) {
            figures = try await status(queries)
        }
        #expect(figures["commits_failed"] != .integer(0))
        guard case .text(let reason) = figures["store_error"] else {
            Issue.record("status does not name the trouble")
            return
        }
        #expect(reason.contains("disk"))
        #expect(client.statistics.committed == 10)
        let health = try await collector.scraped("/healthz")
        try await expectFailing(collector, health)
        // What was acknowledged can be read meanwhile.
        #expect(try await workflows(queries) == 10)

        try await allowFiles(of: collector, toGrowBy: nil, in: directory)
        let after = await client.shutdown(timeout: .seconds(60))
        #expect(after.committed == 11)
        #expect(after.isComplete)
        #expect(try await status(queries)["store_error"] == .null)
        #expect(try await collector.run("status").exit == 0)
        #expect(try await health.again().status == 200)
        await queries.close()

        #expect(await collector.end(SIGKILL) == SIGKILL)
        let again = try await CollectorProcess(directory: directory)
        let rest = try await self.queries(again)
        #expect(try await workflows(rest) == 11)
        await rest.close()
    }

    private func expectFailing(_ collector: CollectorProcess, _ health: Scrape) async throws {
        for format in ["table", "json", "ndjson", "csv"] {
            let outcome = try await collector.run("status", "--format", format)
            #expect(outcome.exit == 1)
            #expect(outcome.errors.hasPrefix("error: collector at \(collector.address): not committing: "))
            #expect(outcome.text.contains("commits_failed"))
        }
        let seen = try await collector.onTerminal(["status"])
        #expect(seen.exit == 1 && seen.text.contains("✗ not committing: "))
        #expect(health.status == 503 && health.text.contains("cannot commit"))
    }

    @Test("ignores the signal by which the system ends a process that writes beyond a bound")
    func signal() async throws {
        // What this process ignored, the collector would too.
        Glibc.signal(SIGXFSZ, SIG_DFL)
        let collector = try await CollectorProcess(directory: try TestDirectory())
        let facts = try String(contentsOfFile: "/proc/\(collector.identifier)/status", encoding: .utf8)
        let mask = try #require(facts.firstMatch(of: /SigIgn:\s*([0-9a-f]+)/)?.output.1)
        let ignored = try #require(UInt64(mask, radix: 16))
        #expect(ignored & (1 << UInt64(SIGXFSZ - 1)) != 0)
    }

    /// Text that does not compress to less than three quarters.
    private func noise(_ bytes: Int) -> String {
        var random = SystemRandomNumberGenerator()
        return Data((0..<(bytes / 4 * 3)).map { _ in UInt8.random(in: 0...255, using: &random) }).base64EncodedString()
    }

    private func allowFiles(
        of collector: CollectorProcess, toGrowBy bytes: Int?, in directory: TestDirectory
    ) async throws {
        let size = try ["traces.db", "traces.db-wal"].map { try directory.read($0).count }.max() ?? 0
        try await collector.limitFiles(to: bytes.map { size + $0 })
    }

    private func address(_ collector: CollectorProcess) throws -> CollectorAddress {
        try #require(CollectorAddress(collector.address))
    }

    private func configuration(_ collector: CollectorProcess) throws -> TracewireConfiguration {
        var configuration = TracewireConfiguration()
        configuration.address = try address(collector)
        configuration.spool = .memory
        return configuration
    }

    private func queries(_ collector: CollectorProcess) async throws -> QueryClient {
        let address = try address(collector)
        return try await QueryClient.connect(host: address.host, port: address.port)
    }

    private func status(_ queries: QueryClient) async throws -> [String: Value] {
        let rows = try await queries.rows(of: .report(name: "status", arguments: [:]))
        return Dictionary(
            rows.compactMap { row in
                guard case .text(let name) = row[0] else { return nil }
                return (name, row[1])
            }, uniquingKeysWith: { $1 })
    }

    private func workflows(_ queries: QueryClient) async throws -> Int64 {
        let rows = try await queries.rows(of: .sql(text: "SELECT COUNT(*) FROM workflows", parameters: []))
        guard case .integer(let count) = rows.first?.first else { return -1 }
        return count
    }
}
