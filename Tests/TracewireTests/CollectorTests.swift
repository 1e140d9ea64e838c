import Foundation
import Logging
import Testing
import Tracewire
import TracewireCollector
import TracewireProtocol

/// The client against the collector that it is made for.
@Suite(.timeLimit(.minutes(5))) struct CollectorTests {
    private static func collector(_ directory: URL, port: Int = 0) throws -> Collector {
        var configuration = CollectorConfiguration(databasePath: directory.appendingPathComponent("t.db").path)
        configuration.listenPort = port
        return try Collector(configuration, logger: Logger(label: "collector") { _ in SwiftLogNoOpLogHandler() })
    }

    private func inDirectory(_ body: (URL) async throws -> Void) async throws {
        let directory = FileManager.default.temporaryDirectory.appendingPathComponent("tracewire-\(UUID())")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: false)
        defer { try? FileManager.default.removeItem(at: directory) }
        try await body(directory)
    }

    /// Counts of workflows, nodes, generations, rejected and parked records.
    private func counts(port: Int) async throws -> [Value] {
        let sql = """
            SELECT (SELECT COUNT(*) FROM workflows), (SELECT COUNT(*) FROM nodes WHERE status = 'completed'),
                (SELECT COUNT(*) FROM generations), (SELECT COUNT(*) FROM rejected_records),
                (SELECT COUNT(*) FROM parked_records)
            """
        let client = try await QueryClient.connect(port: port, timeout: .seconds(60))
        let rows = try await client.rows(of: .sql(text: sql, parameters: []))
        await client.close()
        return rows.first ?? []
    }

    private func record(_ count: Int, _ client: TracewireClient) async {
        for number in 0..<count {
            await client.withWorkflow("w", user: "mina") { workflow in
                await workflow.withNode("n\(number)", type: "llm") { node in
                    await node.withGeneration(model: "m", userPrompt: String(repeating: "가", count: number % 700)) {
                        _ in
                    }
                    node.setState(["number": .integer(Int64(number))])
                }
            }
        }
    }

    @Test(arguments: [TracewireConfiguration.Compression.stream, .none])
    func `what was recorded is there exactly once, wherever connections break`(
        compression: TracewireConfiguration.Compression
    ) async throws {
        try await inDirectory { directory in
            let collector = try Self.collector(directory)
            let target = try await collector.start().port
            // The shortest cuts through HELLO and WELCOME, the longer ones through batches and acknowledgements.
            let proxy = try await CuttingProxy.start(
                target: target, budgets: [1, 31, 60, 150, 200, 250] + (1...40).map { 300 + $0 * $0 * 7 })
            var configuration = TracewireConfiguration.test(port: proxy.port)
            configuration.compression = compression
            configuration.batchRecords = 7
            configuration.batchesInFlight = 4
            let client = TracewireClient(configuration)
            await record(400, client)
            let report = await client.shutdown(timeout: .seconds(100))
            #expect(report.committed == 1 + 400 * 5)
            #expect(report.isComplete)
            #expect(client.statistics.reconnects > 5)
            #expect(
                try await counts(port: target) == [
                    .integer(400), .integer(400), .integer(400), .integer(0), .integer(0),
                ])
            try await proxy.stop()
            await collector.stop()
        }
    }

    @Test func `a collector that restarts gets the rest, once`() async throws {
        try await inDirectory { directory in
            let first = try Self.collector(directory)
            let port = try await first.start().port
            let client = TracewireClient(.test(port: port))
            await record(20, client)
            #expect(await client.flush(timeout: .seconds(60)).isComplete)
            await record(20, client)
            await first.stop()
            await record(20, client)
            let second = try Self.collector(directory, port: port)
            try await second.start()
            let report = await client.shutdown(timeout: .seconds(60))
            #expect(report.committed == 1 + 60 * 5)
            #expect(report.isComplete)
            #expect(
                try await counts(port: port) == [.integer(60), .integer(60), .integer(60), .integer(0), .integer(0)])
            await second.stop()
        }
    }

    @Test func `a collector that has lost its database gets everything that is still held`() async throws {
        try await inDirectory { directory in
            let first = try Self.collector(directory)
            let port = try await first.start().port
            let client = TracewireClient(.test(port: port))
            await record(5, client)
            #expect(await client.flush(timeout: .seconds(60)).isComplete)
            await first.stop()
            // The user was known to the old collector only.
            client.recordUser(username: "mina")
            await record(5, client)
            let fresh = directory.appendingPathComponent("fresh")
            try FileManager.default.createDirectory(at: fresh, withIntermediateDirectories: false)
            let second = try Self.collector(fresh, port: port)
            try await second.start()
            let report = await client.shutdown(timeout: .seconds(60))
            #expect(report.isComplete)
            #expect(try await counts(port: port) == [.integer(5), .integer(5), .integer(5), .integer(0), .integer(0)])
            await second.stop()
        }
    }

    @Test func `many clients at once and a large prompt all arrive`() async throws {
        try await inDirectory { directory in
            let collector = try Self.collector(directory)
            let port = try await collector.start().port
            await withTaskGroup(of: DeliveryReport.self) { group in
                for _ in 0..<8 {
                    group.addTask {
                        let client = TracewireClient(.test(port: port))
                        await record(25, client)
                        return await client.shutdown(timeout: .seconds(100))
                    }
                }
                for await report in group { #expect(report.isComplete, "\(report)") }
            }
            var configuration = TracewireConfiguration.test(port: port)
            configuration.valueLimit = 32 << 20
            let client = TracewireClient(configuration)
            let prompt = String(repeating: "데이트 ", count: 2_000_000)
            await client.withWorkflow("large") { workflow in
                await workflow.withGeneration(model: "m", userPrompt: prompt) { _ in }
            }
            #expect(await client.shutdown(timeout: .seconds(100)).isComplete)
            let asking = try await QueryClient.connect(port: port, timeout: .seconds(60))
            let rows = try await asking.rows(
                of: .sql(
                    text: """
                        SELECT g.user_prompt FROM generations g JOIN workflows w ON w.id = g.workflow_id
                        WHERE w.name = ?
                        """, parameters: [.text("large")]))
            #expect(rows == [[.text(prompt)]])
            await asking.close()
            #expect(try await counts(port: port).prefix(3) == [.integer(201), .integer(200), .integer(201)])
            await collector.stop()
        }
    }
}
