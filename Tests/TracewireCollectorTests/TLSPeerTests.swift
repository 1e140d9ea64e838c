import Foundation
import Testing
import TracewireCollector
import TracewireProtocol

@Suite("A collector that speaks TLS only", .timeLimit(.minutes(5)))
struct TLSPeerTests {
    /// A ClientHello up to its first extension (RFC 8446, 4.1.2), of a handshake that never goes on.
    private static let beginning: [UInt8] =
        [0x16, 0x03, 0x01, 0x02, 0x00, 0x01, 0x00, 0x01, 0xFC, 0x03, 0x03] + [UInt8](repeating: 7, count: 32) + [
            0x00, 0x00,
        ]

    private func withTLSCollector(
        _ change: @escaping (inout CollectorConfiguration) -> Void = { _ in },
        _ body: @escaping @Sendable (_ port: Int, _ collector: Collector) throws -> Void
    ) async throws {
        let certificates = try await Certificates()
        let configure: (inout CollectorConfiguration) -> Void = {
            certificates.secure(&$0)
            change(&$0)
        }
        try await withServingCollector(configure, body)
    }

    @Test("tells a client that speaks none, in frames that it understands")
    func plain() async throws {
        try await withTLSCollector { port, _ in
            let peer = try RawPeer(port: port)
            try peer.send(.hello, body: Hello(clientName: "raw").encoded())
            #expect(try peer.farewell(.refuse) == .tlsRequired)
            // Byte by byte, and with the rest of a conversation behind it.
            let slow = try RawPeer(port: port)
            for byte in RawPeer.frame(.hello, body: Hello(clientName: "raw").encoded()).prefix(4) {
                try slow.send([byte])
            }
            #expect(try slow.farewell(.refuse) == .tlsRequired)
        }
    }

    @Test("tells a browser, in HTTP")
    func browser() async throws {
        try await withTLSCollector { port, _ in
            let peer = try RawPeer(port: port)
            try peer.send(Array("GET / HTTP/1.1\r\nHost: x\r\n\r\n".utf8))
            let answer = String(decoding: try peer.receiveUntilClosed(), as: UTF8.self)
            #expect(answer.hasPrefix("HTTP/1.1 400 ") && answer.contains("over TLS"))
        }
    }

    @Test("tells a browser that is one connection too many that alone")
    func crowdedBrowser() async throws {
        let narrow: (inout CollectorConfiguration) -> Void = { $0.maximumConnections = 1 }
        try await withTLSCollector(narrow) { port, _ in
            let first = try RawPeer(port: port)
            try first.send(Array(Self.beginning.prefix(1)))
            var answer = "HTTP/1.1"
            // Until the first one is counted.
            for _ in 0..<1_000 where answer.hasPrefix("HTTP/1.1") {
                let second = try RawPeer(port: port)
                try second.send(Array("GET / HTTP/1.1\r\nHost: x\r\n\r\n".utf8))
                answer = String(decoding: try second.receiveUntilClosed(), as: UTF8.self)
            }
            #expect(answer.contains("1 connections are open") && !answer.contains("HTTP/1.1"))
            withExtendedLifetime(first) {}
        }
    }

    @Test("answers what is no handshake with an alert, and goes on")
    func garbage() async throws {
        try await withTLSCollector { port, _ in
            var random = SystemRandomNumberGenerator()
            for length in [1, 5, 6, 43, 300, 20_000] {
                let peer = try RawPeer(port: port)
                let noise = (0..<length).map { _ in UInt8.random(in: 0...255, using: &random) }
                // Long enough that its length does not promise more than comes.
                try? peer.send([0x16, 0x03, 0x01, 0x00, 0x04] + [0xFF, 0, 0, 0] + noise)
                let answer = try peer.receiveUntilClosed()
                #expect(answer.first == 0x15, "\(answer)")
            }
            let peer = try RawPeer(port: port)
            try peer.send(.hello, body: Hello(clientName: "raw").encoded())
            #expect(try peer.farewell(.refuse) == .tlsRequired)
        }
    }

    @Test("goes on when handshakes are cut off anywhere")
    func truncated() async throws {
        try await withTLSCollector { port, collector in
            for length in 1...Self.beginning.count {
                let peer = try RawPeer(port: port)
                try peer.send(Array(Self.beginning.prefix(length)))
                if length.isMultiple(of: 2) { peer.reset() } else { peer.hangUp() }
            }
            let peer = try RawPeer(port: port)
            try peer.send(Array("GET / HTTP/1.1\r\n\r\n".utf8))
            #expect(!(try peer.receiveUntilClosed()).isEmpty)
        }
    }

    @Test("cuts a peer whose handshake stands still, wherever it does", arguments: [0, 1, 3, 5, 20, beginning.count])
    func stalled(length: Int) async throws {
        let hasty: (inout CollectorConfiguration) -> Void = { $0.handshakeTimeout = .milliseconds(100) }
        try await withTLSCollector(hasty) { port, _ in
            let peer = try RawPeer(port: port)
            try peer.send(Array(Self.beginning.prefix(length)))
            #expect(try peer.receiveUntilClosed().isEmpty)
        }
    }

    @Test("is not kept from stopping by peers in the handshake")
    func stopping() async throws {
        let certificates = try await Certificates()
        // Much longer than the test may take.
        let configure: (inout CollectorConfiguration) -> Void = {
            certificates.secure(&$0)
            $0.drainTimeout = .seconds(3600)
        }
        try await withCollector(configure) { port, collector in
            let silent = try RawPeer(port: port)
            let stalled = try RawPeer(port: port)
            try stalled.send(Self.beginning)
            await collector.stop()
            #expect(try silent.receiveUntilClosed().isEmpty)
            _ = try stalled.receiveUntilClosed()
        }
    }
}
