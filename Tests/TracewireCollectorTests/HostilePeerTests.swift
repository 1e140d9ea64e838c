import Testing
import TracewireProtocol
import TracewireZstd

@testable import TracewireCollector

/// What strangers, broken clients and attackers send. Each gets a clear answer, and the next client is served.
@Suite("A collector faced with a bad peer")
struct HostilePeerTests {
    /// Runs `attack`, then shows that the collector still serves.
    private func withstands(_ attack: @escaping @Sendable (RawPeer) throws -> Void) async throws {
        try await withServingCollector { port, _ in
            try attack(try RawPeer(port: port))
            let next = try RawPeer(port: port)
            try next.openForQueries()
            #expect(try next.sql("SELECT 1") == [[.integer(1)]])
        }
    }

    /// `header` with a right checksum after `change`.
    private func forged(_ bytes: [UInt8], _ change: (inout [UInt8]) -> Void) -> [UInt8] {
        var bytes = bytes
        change(&bytes)
        let header = Array(bytes[..<28])
        let checksum = CRC32.checksum(header.span)
        for index in 0..<4 { bytes[28 + index] = UInt8(truncatingIfNeeded: checksum >> UInt32(index * 8)) }
        return bytes
    }

    private let hello = RawPeer.frame(.hello, body: Hello(clientName: "x").encoded())

    @Test("answers HTTP in HTTP")
    func http() async throws {
        try await withstands { peer in
            try peer.send(Array("GET / HTTP/1.1\r\nHost: x\r\n\r\n".utf8))
            let answer = String(decoding: try peer.receiveUntilClosed(), as: UTF8.self)
            #expect(answer.hasPrefix("HTTP/1.1 400 "))
            #expect(answer.contains("Tracewire"))
        }
    }

    @Test("goes on when a peer resets its connection instead of reading the answers to what it sent")
    func resets() async throws {
        try await withServingCollector { port, _ in
            let pings = Array(repeatElement(RawPeer.frame(.ping, sequence: 7), count: 4000).joined())
            for _ in 0..<20 {
                let peer = try RawPeer(port: port)
                try peer.openForQueries()
                peer.sendWhatIsTaken(pings)
                peer.reset()
            }
            let other = try RawPeer(port: port)
            try other.openForQueries()
            #expect(try other.sql("SELECT 1") == [[.integer(1)]])
        }
    }

    @Test("answers HTTP in HTTP where its first bytes come one by one")
    func slowHTTP() async throws {
        try await withstands { peer in
            for byte in "GET ".utf8 { try peer.send([byte]) }
            #expect(String(decoding: try peer.receiveUntilClosed(), as: UTF8.self).hasPrefix("HTTP/1.1 400 "))
        }
    }

    @Test("answers a TLS ClientHello with an alert")
    func tls() async throws {
        try await withstands { peer in
            try peer.send([0x16, 0x03, 0x01, 0x02, 0x00, 0x01])
            #expect(try peer.receiveUntilClosed() == [0x15, 0x03, 0x03, 0x00, 0x02, 0x02, 0x46])
        }
    }

    @Test("refuses anything else with a frame")
    func garbage() async throws {
        try await withstands { peer in
            try peer.send(Array("SSH-2.0-OpenSSH\r\n".utf8))
            #expect(try peer.farewell(.refuse) == .notTracewire)
        }
    }

    @Test("names the rule that a header breaks")
    func headers() async throws {
        let cases: [(Code, @Sendable (inout [UInt8]) -> Void)] = [
            (.unsupportedVersion, { $0[4] = 2 }), (.invalidHeader, { $0[7] = 1 }), (.invalidHeader, { $0[6] = 0x80 }),
            (
                .frameTooLarge,
                {
                    $0[11] = 0xff
                    $0[15] = 0xff
                }
            ),
            (
                .malformedBody,
                {
                    $0[8] = 0
                    $0[12] = 0
                }
            ),
            (.notTracewire, { $0[3] = 0x53 }),
        ]
        for (code, change) in cases {
            try await withstands { peer in
                try peer.send(forged(hello, change))
                #expect(try peer.farewell(.refuse) == code)
            }
        }
    }

    @Test("notices a header and a body that were changed on the way")
    func checksums() async throws {
        for index in [20, hello.count - 1] {
            try await withstands { peer in
                var bytes = hello
                bytes[index] ^= 0x40
                try peer.send(bytes)
                #expect(try peer.farewell(.refuse) == .checksumMismatch)
            }
        }
    }

    @Test("refuses a version that it does not speak, and a feature that it does not have")
    func negotiation() async throws {
        try await withstands { peer in
            var hello = Hello(clientName: "future")
            hello.minimumVersion = 2
            hello.maximumVersion = 3
            try peer.send(.hello, body: hello.encoded())
            #expect(try peer.farewell(.refuse) == .unsupportedVersion)
        }
        try await withstands { peer in
            var hello = Hello(clientName: "demanding")
            hello.requiredFeatures = Features(rawValue: 1 << 17)
            try peer.send(.hello, body: hello.encoded())
            #expect(try peer.farewell(.refuse) == .missingFeature)
        }
    }

    @Test("a frame that ends before its length harms nobody")
    func shortFrame() async throws {
        try await withstands { peer in
            try peer.send(Array(hello.dropLast(3)))
            peer.hangUp()
        }
    }

    @Test("refuses a frame by its header, before its body has come")
    func headersAlone() async throws {
        try await withstands { peer in
            try peer.open()
            let body = [UInt8](repeating: 0, count: 1000)
            try peer.send(Array(RawPeer.frame(.batch, sequence: 7, body: body)[..<Limits.headerBytes]))
            #expect(try peer.farewell(.goaway) == .sequenceGap)
        }
    }

    @Test("inflates a bomb no further than it was announced")
    func bomb() async throws {
        let zeros = [UInt8](repeating: 0, count: 64 << 20)
        var compressor = try ZstdCompressor()
        let bomb = try compressor.compressFrame(zeros.span)
        try await withstands { peer in
            try peer.open()
            try peer.send(.batch, flags: FrameFlags(.frame), sequence: 1, body: bomb, rawLength: 10_000)
            #expect(try peer.farewell(.goaway) == .decompressionFailed)
        }
    }

    @Test("notices a stream that is cut or corrupt")
    func streams() async throws {
        var compressor = try ZstdCompressor(windowLog: 20)
        let raw = RawPeer.body([Sample.start()])
        let body = try compressor.compressStream(raw.span)
        for broken in [Array(body.dropLast(4)), body.map { $0 ^ 0x55 }] {
            try await withstands { peer in
                #expect(try peer.open(windowLog: 20).streamWindowLog == 20)
                try peer.send(.batch, flags: FrameFlags(.stream), sequence: 1, body: broken, rawLength: raw.count)
                #expect(try peer.farewell(.goaway) == .decompressionFailed)
            }
        }
    }

    @Test("ends a connection that sends what may not come")
    func unexpected() async throws {
        let cases: [(Code, FrameType, FrameFlags, UInt64, [UInt8])] = [
            (.unexpectedFrame, .hello, [], 0, [8, 1]), (.unexpectedFrame, .ack, [], 0, [8, 1]),
            (.unknownFrameType, FrameType(rawValue: 99), [], 0, [1]), (.sequenceGap, .batch, [], 5, [10, 0]),
            (.malformedBody, .batch, [], 1, [10, 99]), (.malformedBody, .query, [], 1, [10, 99]),
            (.missingFeature, .batch, FrameFlags(.stream), 1, [10, 0]),
        ]
        for (code, type, flags, sequence, body) in cases {
            try await withstands { peer in
                try peer.open()
                try peer.send(type, flags: flags, sequence: sequence, body: body)
                #expect(try peer.farewell(.goaway) == code)
            }
        }
    }

    @Test("skips what is unknown and optional")
    func optional() async throws {
        try await withstands { peer in
            try peer.open()
            try peer.send(FrameType(rawValue: 99), flags: .optional, body: [1, 2])
            try peer.send(.ping, sequence: 7)
            #expect(try peer.receive().header.type == .pong)
        }
    }

    @Test("refuses more than the credit, and one connection too many")
    func limits() async throws {
        try await withstands { peer in
            let credit = try peer.open().credit
            let body = [UInt8](repeating: 0, count: Limits.frameRawBytes)
            for sequence in 1...(credit / UInt64(body.count) + 1) {
                try? peer.send(.batch, flags: .more, sequence: 1, body: body)
                _ = sequence
            }
            #expect(try peer.farewell(.goaway) == .creditExceeded)
        }
        let configure: (inout CollectorConfiguration) -> Void = { $0.maximumConnections = 2 }
        try await withServingCollector(configure) { port, _ in
            let first = try RawPeer(port: port)
            let second = try RawPeer(port: port)
            try first.openForQueries()
            try second.openForQueries()
            #expect(try RawPeer(port: port).farewell(.refuse) == .tooManyConnections)
            #expect(try first.sql("SELECT 2") == [[.integer(2)]])
        }
    }
}
