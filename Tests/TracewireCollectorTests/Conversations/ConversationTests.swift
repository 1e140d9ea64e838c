import Testing

@testable import TracewireCollector

@Suite("Clients of earlier versions")
struct ConversationTests {
    @Test("are answered by today's collector as they were by their own", arguments: Conversation.names)
    func replay(name: String) async throws {
        let conversation = try Conversation(name)
        try await withServingCollector { port, collector in
            try Replay(port: port) { Task { await collector.stop() } }.play(conversation)
        }
    }
}
