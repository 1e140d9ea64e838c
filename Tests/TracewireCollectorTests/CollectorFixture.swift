import Foundation
import Logging
import TracewireCollector
import TracewireProtocol

/// A directory that is removed with all that is in it.
final class TemporaryDirectory: Sendable {
    let path: String

    init() throws {
        path = FileManager.default.temporaryDirectory.path + "/tracewire-tests-\(Identifier(milliseconds: 0))"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
    }

    deinit {
        try? FileManager.default.removeItem(atPath: path)
    }
}

/// Runs `body` against a collector of its own on a free port, and stops it afterwards.
func withCollector(
    directory: TemporaryDirectory? = nil, _ configure: (inout CollectorConfiguration) -> Void = { _ in },
    logger: Logger? = nil, _ body: (_ port: Int, _ collector: Collector) async throws -> Void
) async throws {
    let directory = try directory ?? TemporaryDirectory()
    var configuration = CollectorConfiguration(databasePath: directory.path + "/traces.db")
    configuration.listenPort = 0
    // A machine that is busy must not make a peer a slow one. Tests of slow ones say how long they have.
    configuration.handshakeTimeout = .seconds(300)
    configuration.stallTimeout = .seconds(300)
    configure(&configuration)
    var silence = Logger(label: "collector")
    silence.logLevel = .critical
    let collector = try Collector(configuration, logger: logger ?? silence)
    let (_, port) = try await collector.start()
    do {
        try await body(port, collector)
    } catch {
        await collector.stop()
        throw error
    }
    await collector.stop()
    withExtendedLifetime(directory) {}
}

/// As ``withCollector(directory:_:_:)``, for a body that blocks: it runs on a thread of its own, because the few that
/// run asynchronous tests are also those that a collector needs to start and stop.
func withServingCollector(
    directory: TemporaryDirectory? = nil, _ configure: (inout CollectorConfiguration) -> Void = { _ in },
    logger: Logger? = nil, _ body: @escaping @Sendable (_ port: Int, _ collector: Collector) throws -> Void
) async throws {
    try await withCollector(directory: directory, configure, logger: logger) { port, collector in
        try await withCheckedThrowingContinuation { continuation in
            Thread.detachNewThread { continuation.resume(with: Result { try body(port, collector) }) }
        }
    }
}

/// The events of small workflows.
enum Sample {
    static let workflow = Identifier(milliseconds: 1_000_000)

    static func start(_ workflow: Identifier = workflow, atMs: Int64 = 1_000_000) -> Record<String> {
        var start = WorkflowStart<String>()
        start.workflow = workflow
        start.name = "date_course"
        start.userInput = "연남에서 공연 데이트하고 싶어"
        return Record(atMs: atMs, event: .workflowStart(start))
    }

    static func end(_ status: Status = .completed, atMs: Int64 = 1_000_900) -> Record<String> {
        var end = WorkflowEnd<String>()
        end.workflow = workflow
        end.status = status.rawValue
        return Record(atMs: atMs, event: .workflowEnd(end))
    }

    static func generation(prompt: String, _ identifier: Identifier = Identifier(milliseconds: 1_000_002)) -> Record<
        String
    > {
        var generation = Generation<String>()
        generation.generation = identifier
        generation.workflow = workflow
        generation.modelName = "gpt-4o"
        generation.userPrompt = prompt
        return Record(atMs: 1_000_002, event: .generation(generation))
    }
}
