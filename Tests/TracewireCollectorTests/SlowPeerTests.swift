import Testing
import TracewireProtocol

@testable import TracewireCollector

/// One that takes its time is told apart from one that only seems to.
@Suite("A collector faced with a slow peer")
struct SlowPeerTests {
    @Test("ends a connection that says nothing, and one that stops inside a frame")
    func slowness() async throws {
        let hurried: (inout CollectorConfiguration) -> Void = { $0.handshakeTimeout = .milliseconds(20) }
        try await withServingCollector(hurried) { port, _ in
            let silent = try RawPeer(port: port)
            #expect(try silent.farewell(.refuse) == .timedOut)
        }
        let impatient: (inout CollectorConfiguration) -> Void = { $0.stallTimeout = .milliseconds(20) }
        try await withServingCollector(impatient) { port, _ in
            let stuck = try RawPeer(port: port)
            try stuck.open()
            try stuck.send(Array(RawPeer.frame(.batch, sequence: 1, body: [1, 2, 3]).dropLast()))
            #expect(try stuck.farewell(.goaway) == .timedOut)
        }
    }

    @Test("ends a connection that keeps sending, but a byte at a time", arguments: [FrameType.hello, .batch])
    func trickle(type: FrameType) async throws {
        let impatient: (inout CollectorConfiguration) -> Void = {
            if type == .hello { $0.handshakeTimeout = .milliseconds(50) }
            if type == .batch { $0.stallTimeout = .milliseconds(50) }
        }
        try await withServingCollector(impatient) { port, _ in
            let slow = try RawPeer(port: port)
            if type == .batch { try slow.open() }
            for byte in RawPeer.frame(type, sequence: 1, body: [UInt8](repeating: 1, count: 15_000)) {
                try slow.send([byte])
                if slow.hasInput(within: 1) { break }
            }
            #expect(try slow.farewell(type == .hello ? .refuse : .goaway) == .timedOut)
        }
    }

    @Test("takes a frame that comes at more than the least rate, however long that takes")
    func slowFrame() async throws {
        let configure: (inout CollectorConfiguration) -> Void = { $0.stallTimeout = .seconds(5) }
        try await withServingCollector(configure) { port, _ in
            let slow = try RawPeer(port: port)
            try slow.open()
            let prompt = String(repeating: "a", count: 500_000)
            let frame = RawPeer.frame(
                .batch, sequence: 1, body: RawPeer.body([Sample.start(), Sample.generation(prompt: prompt)]))
            for start in stride(from: 0, to: frame.count, by: 1024) {
                try slow.send(Array(frame[start..<min(start + 1024, frame.count)]))
                _ = slow.hasInput(within: 12)
            }
            #expect(try slow.acknowledgement().sequence == 1)
        }
    }
}
