import Foundation
import Glibc
import Logging
import Testing
import TracewireCollector
import TracewireProtocol
import TracewireStore

@Suite("Starting a collector")
struct StartTests {
    private func failure(_ configuration: CollectorConfiguration) async -> CollectorError? {
        do {
            let collector = try Collector(configuration, logger: Logger(label: "c"))
            try await collector.start()
            await collector.stop()
            return nil
        } catch {
            return error as? CollectorError
        }
    }

    private func configuration(_ path: String, port: Int = 0) -> CollectorConfiguration {
        var configuration = CollectorConfiguration(databasePath: path)
        configuration.listenPort = port
        return configuration
    }

    @Test("a second one on the same port or database is told so, and the first goes on")
    func second() async throws {
        let directory = try TemporaryDirectory()
        try await withCollector(directory: directory) { port, _ in
            let taken = try #require(await failure(configuration(directory.path + "/other.db", port: port)))
            #expect(taken.code == .addressInUse)
            #expect(taken.message.contains("\(port)"))
            #expect(access(directory.path + "/other.db", F_OK) != 0)
            let inUse = try #require(await failure(configuration(directory.path + "/traces.db")))
            #expect(inUse.code == .store)
            #expect(inUse.cause?.code == .alreadyInUse)
            let peer = try RawPeer(port: port)
            try peer.openForQueries()
            #expect(try peer.sql("SELECT 1") == [[.integer(1)]])
        }
    }

    @Test("a start that fails leaves no thread behind")
    func threads() async throws {
        // In a process of its own, where nobody else has threads of that name.
        await #expect(processExitsWith: .success) {
            let directory = try TemporaryDirectory()
            var configuration = CollectorConfiguration(databasePath: directory.path + "/none/traces.db")
            configuration.listenPort = 0
            let collector = try Collector(configuration, logger: Logger(label: "c"))
            await #expect(throws: CollectorError.self) { try await collector.start() }
            let threads = try FileManager.default.contentsOfDirectory(atPath: "/proc/self/task")
            let names = threads.compactMap {
                try? String(contentsOfFile: "/proc/self/task/\($0)/comm", encoding: .utf8)
            }
            #expect(!names.isEmpty)
            #expect(!names.contains { $0.hasPrefix("TP-#") })
        }
    }

    @Test("a missing directory and a file that is no database are named")
    func badPaths() async throws {
        let directory = try TemporaryDirectory()
        let missing = try #require(await failure(configuration(directory.path + "/none/traces.db")))
        #expect(missing.message.contains("/none/traces.db"))
        let path = directory.path + "/text.db"
        let file = try #require(fopen(path, "w"))
        fputs(String(repeating: "this is not a database ", count: 100), file)
        fclose(file)
        let foreign = try #require(await failure(configuration(path)))
        #expect(foreign.cause?.code == .notADatabase)
    }

    @Test(
        "an address beyond loopback needs the operator's word",
        arguments: ["0.0.0.0", "::", "192.0.2.1", "example.com"])
    func insecure(host: String) throws {
        var configuration = configuration("unused.db")
        configuration.listenHost = host
        #expect(throws: CollectorError.self) { try Collector(configuration, logger: Logger(label: "c")) }
        configuration.allowsInsecure = true
        #expect(throws: Never.self) { try Collector(configuration, logger: Logger(label: "c")) }
    }

    @Test("an address for metrics beyond loopback needs it, too, and a taken one is said before a database is made")
    func metrics() async throws {
        let directory = try TemporaryDirectory()
        var configuration = configuration(directory.path + "/traces.db")
        configuration.metricsHost = "0.0.0.0"
        #expect(throws: Never.self) { try Collector(configuration, logger: Logger(label: "c")) }
        configuration.metricsPort = 0
        let refused = #expect(throws: CollectorError.self) { try Collector(configuration, logger: Logger(label: "c")) }
        #expect(refused?.code == .insecure && refused?.message.contains("--metrics") == true)
        configuration.allowsInsecure = true
        #expect(throws: CollectorError.self) { try Collector(configuration, logger: Logger(label: "c")) }
        configuration.allowsInsecure = false
        configuration.allowsInsecureMetrics = true
        #expect(throws: Never.self) { try Collector(configuration, logger: Logger(label: "c")) }
        configuration.listenHost = "0.0.0.0"
        let open = #expect(throws: CollectorError.self) { try Collector(configuration, logger: Logger(label: "c")) }
        #expect(open?.message.contains("--listen") == true)
        configuration.listenHost = "127.0.0.1"
        try await withCollector { port, _ in
            (configuration.metricsHost, configuration.metricsPort) = ("127.0.0.1", port)
            let taken = try #require(await failure(configuration))
            #expect(taken.code == .addressInUse && taken.message.contains("--metrics"))
        }
        #expect(try FileManager.default.contentsOfDirectory(atPath: directory.path).isEmpty)
    }

    @Test("what anybody may reach is said in the log, and nothing of what is protected")
    func warnings() async throws {
        func warnings(_ change: (inout CollectorConfiguration) -> Void) async throws -> [String] {
            let directory = try TemporaryDirectory()
            var configuration = configuration(directory.path + "/traces.db")
            change(&configuration)
            let heard = HeardLines()
            let collector = try Collector(configuration, logger: heard.logger)
            try await collector.start()
            await collector.stop()
            return heard.lines.filter { $0.hasPrefix("warning") && $0.contains("address=0.0.0.0") }
        }
        #expect(try await warnings { _ in }.isEmpty)
        let open = try await warnings { ($0.listenHost, $0.allowsInsecure) = ("0.0.0.0", true) }
        #expect(open.count == 2 && open[0].contains("may send, ask and change") && open[1].contains("in clear"))
        let figures = try await warnings {
            ($0.metricsHost, $0.metricsPort, $0.allowsInsecureMetrics) = ("0.0.0.0", 0, true)
        }
        #expect(figures.count == 1 && figures[0].contains("may see the figures"))
    }

    @Test("the database file is for its owner's eyes only")
    func permissions() async throws {
        let directory = try TemporaryDirectory()
        try await withCollector(directory: directory) { _, _ in
            var status = stat()
            #expect(stat(directory.path + "/traces.db", &status) == 0)
            #expect(status.st_mode & 0o777 == 0o600)
        }
    }
}
