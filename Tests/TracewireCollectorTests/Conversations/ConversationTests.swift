import Testing
import TracewireProtocol

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

    @Test("are told nothing that their own did not tell them")
    func more() async throws {
        var conversation = try Conversation("0.1.0/swift-drain")
        conversation.steps.removeAll {
            if case .collector(_, let frame) = $0 { frame.header.type == .goaway } else { false }
        }
        let shorter = conversation
        try await withServingCollector { port, collector in
            try withKnownIssue("the collector says GOAWAY") {
                try Replay(port: port) { Task { await collector.stop() } }.play(shorter)
            } matching: {
                "\($0)".contains("said more")
            }
        }
    }
}
