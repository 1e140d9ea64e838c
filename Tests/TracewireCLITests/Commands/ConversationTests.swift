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
        let outcome = try await replayed(name)
        #expect(outcome.exit == 0, "\(outcome.errors)")
    }

    @Test("are asked for what they were asked for, and what they said then is printed as it was")
    func otherwise() async throws {
        let directory = try TestDirectory()
        let name = "swift-queries"
        let recorded = try String(
            contentsOf: Self.directory.appending(path: "0.1.0/\(name).json"), encoding: .utf8)
        try FileManager.default.copyItem(
            at: Self.directory.appending(path: "0.1.0/\(name).bin"),
            to: URL(filePath: directory.file("\(name).bin")))
        for (then, other, complaint) in [
            ("SELECT nothing FROM nowhere", "SELECT something FROM nowhere", "QUERY says"),
            (#"\"status\":\"completed\""#, #"\"status\":\"failed\""#, "prints"),
            (#""username": "mina", "email""#, #""username": "nina", "email""#, "record 0"),
        ] {
            #expect(recorded.contains(then))
            try recorded.replacing(then, with: other).write(
                toFile: directory.file("\(name).json"), atomically: true, encoding: .utf8)
            let outcome = try await replayed(directory.file(name))
            #expect(outcome.exit == 1 && outcome.errors.contains(complaint), "\(outcome.errors)")
        }
    }

    private func replayed(_ name: String) async throws -> Outcome {
        try await Program.oracle(
            at: Self.directory.appending(path: "replay.py").path, ["--tracewire", Paths.tracewire.path, name])
    }

    @Test("have conversations of their own")
    func versions() {
        #expect(Self.names.count >= 10)
    }
}
