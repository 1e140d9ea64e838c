import Testing
import TracewireProtocol

/// What programs of earlier versions said to each other, against today's state machines of both sides.
struct ConversationTests {
    @Test func `there are conversations of a version, with both SDKs`() {
        let names = Vector.conversationNames
        #expect(names.contains("0.1.0/swift-stream") && names.contains("0.1.0/python-stream"))
        #expect(names.count >= 15)
    }

    private func connections(_ vector: Vector) -> [[Vector.Frame]] {
        Array(Dictionary(grouping: vector.frames) { $0.connection ?? 1 }.values)
    }

    @Test(arguments: Vector.conversationNames)
    func `a collector of today takes what an earlier client said`(_ name: String) throws {
        let (vector, bytes) = try Vector.loadConversation(name)
        for frames in connections(vector) {
            var collector = try VectorCollector(vector, frames, bytes)
            try collector.play()
        }
    }

    @Test(arguments: Vector.conversationNames)
    func `a client of today takes what an earlier collector said`(_ name: String) throws {
        let (vector, bytes) = try Vector.loadConversation(name)
        for frames in connections(vector) {
            var client = try VectorClient(vector, frames, bytes)
            try client.play()
        }
    }
}
