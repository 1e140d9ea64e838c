import Foundation
import Testing
import TracewireProtocol

@testable import TracewireCollector

/// Whoever is at the other end.
@Suite("Peers of the metrics address")
struct MetricsPeerTests {
    private static let request = "GET /readyz HTTP/1.1\r\nHost: a\r\n\r\n"

    @Test(
        "are told what is wrong with their requests, and the next one is served",
        arguments: [
            ("garbage\r\n\r\n", 400), ("\u{16}\u{3}\u{1}\u{2}\u{0}\u{1}\u{0}", 400),
            ("GET /metrics HTTP/9.9\r\n\r\n", 400),
            ("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 400), ("GET  HTTP/1.1\r\n\r\n", 400),
            ("GET / HTTP/1.1\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n", 400),
            ("GET /metrics HTTP/1.1\r\nHost: a\r\nX: \(String(repeating: "x", count: 64 << 10))\r\n\r\n", 431),
            ("GET /\(String(repeating: "x", count: 64 << 10)) HTTP/1.1\r\n\r\n", 431),
            ("GET /metrics HTTP/1.1\r\n\(String(repeating: "A: b\r\n", count: 100))\r\n", 431),
            ("CONNECT elsewhere:80 HTTP/1.1\r\nHost: a\r\n\r\n", 404),
        ])
    func badRequests(request: String, status: Int) async throws {
        try await withMetrics { port, _, _ in
            let answer = try ScrapeAnswer(port, request)
            #expect(answer.status == status)
            #expect(!answer.text.isEmpty)
            #expect(try ScrapeAnswer(port, Self.request).status == 200)
        }
    }

    @Test(
        "of every kind are answered once",
        arguments: [
            "GET /readyz HTTP/1.0\r\n\r\n", "GET /readyz HTTP/1.1\r\nHost: a\r\nConnection: keep-alive\r\n\r\n",
            "GET /readyz HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\nand more",
            "GET /readyz HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n",
            "\r\nGET /readyz HTTP/1.1\r\nHost: a\r\n\r\n",
        ])
    func requests(request: String) async throws {
        try await withMetrics { port, _, _ in
            let answer = try ScrapeAnswer(port, request)
            #expect(answer.status == 200)
            #expect(answer.text == "The collector is ready.\n")
        }
    }

    @Test("that send one byte at a time are answered, and those that send many requests at once are answered the first")
    func pieces() async throws {
        try await withMetrics { port, _, _ in
            let slow = try RawPeer(port: port)
            for byte in Self.request.utf8 { try slow.send([byte]) }
            #expect(try ScrapeAnswer(from: slow).status == 200)
            let hasty = try ScrapeAnswer(port, String(repeating: Self.request, count: 1_000))
            #expect(hasty.status == 200)
            #expect(hasty.text == "The collector is ready.\n")
        }
    }

    @Test("that send what nobody wants are answered before it has come, and nothing of it is kept")
    func body() async throws {
        try await withMetrics { port, _, _ in
            let peer = try RawPeer(port: port)
            try peer.send(Array("POST /metrics HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000000000\r\n\r\n".utf8))
            let before = ProcessMemory.residentBytes
            let part = [UInt8](repeating: 0, count: 1 << 20)
            var sent = 0
            for _ in 0..<64 { sent += max(0, peer.sendWhatIsTaken(part)) }
            #expect(try ScrapeAnswer(from: peer).status == 405)
            #expect(ProcessMemory.residentBytes - before < 64 << 20)
        }
    }

    @Test("that send no more, but read, have their answer")
    func halfClosed() async throws {
        try await withMetrics { port, _, _ in
            let peer = try RawPeer(port: port)
            try peer.send(Array("GET /metrics HTTP/1.1\r\nHost: a\r\n\r\n".utf8))
            peer.endSending()
            #expect(try ScrapeAnswer(from: peer).status == 200)
            // Who goes in the middle of a request, or without one, is let go.
            for start in ["GET /met", ""] {
                let leaving = try RawPeer(port: port)
                try leaving.send(Array(start.utf8))
                leaving.endSending()
                _ = try leaving.receiveUntilClosed()
            }
        }
    }

    @Test("that ask nothing in time are told so")
    func silent() async throws {
        func impatient(_ configuration: inout CollectorConfiguration) {
            configuration.handshakeTimeout = .milliseconds(100)
        }
        try await withMetrics(nil, impatient) { port, _, _ in
            let silent = try RawPeer(port: port)
            let halfway = try RawPeer(port: port)
            try halfway.send(Array("GET /metrics HTT".utf8))
            #expect(try ScrapeAnswer(from: silent).status == 408)
            #expect(try ScrapeAnswer(from: halfway).status == 408)
        }
    }

    @Test("that are many and ask nothing keep out neither a scrape nor events, and the oldest of them make room")
    func many() async throws {
        try await withMetrics { port, ingestPort, collector in
            let crowd = try (0..<3 * MetricsConnections.limit).map { _ in try RawPeer(port: port) }
            #expect(try ScrapeAnswer(port, Self.request).status == 200)
            for peer in crowd.prefix(2 * MetricsConnections.limit) { #expect(try peer.receiveUntilClosed().isEmpty) }
            let sending = try RawPeer(port: ingestPort)
            try sending.open()
            try sending.batch(1, [Sample.start()])
            #expect(try sending.acknowledgement().sequence == 1)
            #expect(collector.core.counters.snapshot.connections == 1)
        }
    }

    @Test("that scrape at the same time all have figures of after they asked")
    func together() async throws {
        try await withMetrics { port, ingestPort, collector in
            let sending = try RawPeer(port: ingestPort)
            try sending.open()
            for sequence in 1...20 {
                let start = Sample.start(Identifier(milliseconds: Int64(sequence)))
                try sending.batch(UInt64(sequence), [start])
                #expect(try sending.acknowledgement().sequence == UInt64(sequence))
                let peers = try (0..<10).map { _ in try RawPeer(port: port) }
                for peer in peers { try peer.send(Array("GET /metrics HTTP/1.1\r\nHost: a\r\n\r\n".utf8)) }
                for peer in peers {
                    let lines = try ScrapeAnswer(from: peer).lines
                    #expect(lines.contains("tracewire_workflows{status=\"running\"} \(sequence)"))
                    #expect(lines.contains("tracewire_records_total \(sequence)"))
                }
            }
        }
    }
}
