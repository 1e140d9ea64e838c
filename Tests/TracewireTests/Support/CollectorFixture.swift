import Foundation
import Logging
import Tracewire
import TracewireCollector
import TracewireProtocol

/// A collector of a test, with a database of its own.
struct CollectorFixture {
    let port: Int

    /// Runs `body` beside a collector, which is gone afterwards.
    static func run<Result>(_ body: (CollectorFixture) async throws -> Result) async throws -> Result {
        let directory = FileManager.default.temporaryDirectory.appendingPathComponent("tracewire-\(UUID())")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: false)
        defer { try? FileManager.default.removeItem(at: directory) }
        var configuration = CollectorConfiguration(databasePath: directory.appendingPathComponent("t.db").path)
        configuration.listenPort = 0
        let collector = try Collector(
            configuration, logger: Logger(label: "collector") { _ in SwiftLogNoOpLogHandler() })
        let fixture = CollectorFixture(port: try await collector.start().port)
        do {
            let result = try await body(fixture)
            await collector.stop()
            return result
        } catch {
            await collector.stop()
            throw error
        }
    }

    func rows(_ sql: String) async throws -> [[Value]] {
        let client = try await QueryClient.connect(port: port, timeout: .seconds(60))
        let rows = try await client.rows(of: .sql(text: sql, parameters: []))
        await client.close()
        return rows
    }
}
