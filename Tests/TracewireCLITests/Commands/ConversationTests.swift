import Foundation
import Testing

/// Today's programs against what collectors of earlier versions answered; `clients/python/tests` has the same for the Python SDK.
@Suite("Collectors of earlier versions", .timeLimit(.minutes(5)))
struct ConversationTests {
    private static let directory = URL(filePath: Paths.script("x")).deletingLastPathComponent()
        .deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent().appending(path: "protocol/conversations")

    private static let names: [String] = {
        let files = FileManager.default.enumerator(atPath: directory.path)?.compactMap { $0 as? String } ?? []
        return files.filter { $0.contains("/swift-") && $0.hasSuffix(".json") }.map { String($0.dropLast(5)) }.sorted()
    }()

    @Test("are understood by the commands and the SDK of today", arguments: names)
    func replay(name: String) async throws {
        let outcome = try await Program.python.run([
            "python3", Self.directory.appending(path: "replay.py").path, "--tracewire", Paths.tracewire.path, name,
        ])
        #expect(outcome.exit == 0, "\(outcome.errors)")
    }

    @Test("have conversations of their own")
    func versions() {
        #expect(Self.names.count >= 10)
    }
}
