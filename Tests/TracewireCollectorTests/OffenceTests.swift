import NIOCore
import Testing
import TracewireProtocol

@testable import TracewireCollector

@Suite("An address whose connections offend")
struct OffenceTests {
    private static func address(_ text: String) throws -> PeerAddress {
        try #require(PeerAddress(try SocketAddress(ipAddress: text, port: 1)))
    }

    /// An object, because `#expect` cannot change a value.
    private final class Ledger {
        var value: OffenceLedger
        var now = NIODeadline.uptimeNanoseconds(1_000)

        init(perMinute: Int) {
            value = OffenceLedger(perMinute: perMinute)
        }

        func offended(_ address: PeerAddress) -> Bool { value.offended(address, now: now) }
        func shutsOut(_ address: PeerAddress) -> Bool { value.shutsOut(address, now: now) }
    }

    @Test("is shut out for a minute when there are more in a minute than may be, which is told once")
    func shuttingOut() throws {
        let ledger = Ledger(perMinute: 2)
        let (one, other) = (try Self.address("192.0.2.1"), try Self.address("192.0.2.2"))
        #expect(!ledger.offended(one) && !ledger.offended(one) && !ledger.shutsOut(one))
        ledger.now = ledger.now + .seconds(59)
        #expect(ledger.offended(one) && ledger.shutsOut(one) && !ledger.shutsOut(other))
        ledger.now = ledger.now + .seconds(59)
        #expect(!ledger.offended(one) && ledger.shutsOut(one))
        ledger.now = ledger.now + .seconds(1)
        #expect(!ledger.shutsOut(one) && !ledger.offended(one) && !ledger.offended(one) && ledger.offended(one))
    }

    @Test("is not, however often it does within many minutes")
    func spread() throws {
        let ledger = Ledger(perMinute: 2)
        let address = try Self.address("192.0.2.1")
        for _ in 0..<1_000 {
            #expect(!ledger.offended(address))
            ledger.now = ledger.now + .seconds(30)
        }
    }

    @Test("is one of a bounded number of which something is known")
    func bound() throws {
        let ledger = Ledger(perMinute: 0)
        for number in 0..<OffenceLedger.most + 10 {
            let address = PeerAddress(bytes: [10, 0, UInt8(number >> 8), UInt8(number & 255)])
            #expect(ledger.offended(address) && ledger.shutsOut(address))
            ledger.now = ledger.now + .nanoseconds(1)
        }
        #expect(ledger.value.count == OffenceLedger.most)
        #expect(!ledger.shutsOut(PeerAddress(bytes: [10, 0, 0, 0])))
    }

    @Test("is a network of IPv6, and the same in IPv4 and mapped into IPv6")
    func networks() throws {
        #expect(try Self.address("2001:db8:1:2::1") == Self.address("2001:db8:1:2:ffff::2"))
        #expect(try Self.address("2001:db8:1:2::1") != Self.address("2001:db8:1:3::1"))
        #expect(try Self.address("::ffff:192.0.2.1") == Self.address("192.0.2.1"))
        #expect(try Self.address("192.0.2.1") != Self.address("192.0.2.2"))
    }

    /// Opens connections from one address that offend, `limit` and one more, then shows who is still served.
    private static func expectShutOut(
        _ port: Int, limit: Int, offend: (RawPeer) throws -> Void
    ) throws {
        for _ in 0...limit { try offend(try RawPeer(port: port)) }
        for _ in 0..<3 { #expect(try RawPeer(port: port).receiveUntilClosed().isEmpty) }
    }

    private static func figures(_ peer: RawPeer) throws -> [[Value]] {
        try peer.ask(.report(name: "status", arguments: [:]))
        return try peer.answer().rows
    }

    @Test("of broken frames, is shut out; others and what it has open go on, and the figures and the log say so")
    func frames() async throws {
        let heard = HeardLines()
        let configure: (inout CollectorConfiguration) -> Void = { $0.offencesPerMinute = 3 }
        try await withServingCollector(configure, logger: heard.logger) { port, _ in
            let before = try RawPeer(port: port)
            try before.openForQueries()
            try Self.expectShutOut(port, limit: 3) { peer in
                try peer.send(Array("SSH-2.0-OpenSSH\r\n".utf8))
                #expect(try peer.farewell(.refuse) == .notTracewire)
            }
            let other = try RawPeer(port: port, from: "127.0.0.2")
            try other.openForQueries()
            let figures = try Self.figures(other)
            #expect(figures.contains([.text("offences"), .integer(4)]))
            #expect(figures.contains([.text("connections_shut_out"), .integer(3)]))
            #expect(try before.sql("SELECT 1") == [[.integer(1)]])
            let lines = heard.lines.filter { $0.contains("closed as they come") }
            #expect(lines.count == 1 && lines[0].hasPrefix("warning") && lines[0].contains("address=127.0.0.1"))
        }
    }

    @Test("of tokens that do not hold, is shut out")
    func tokens() async throws {
        let tokens = try TokenFixture()
        let token = try tokens.create(.query)
        try await tokens.withCollector(setting: \.offencesPerMinute, 2) { port in
            try Self.expectShutOut(port, limit: 2) { peer in
                try peer.sendHello(producer: .zero, token: token + "0")
                #expect(try peer.farewell(.refuse) == .unauthorized)
            }
            try RawPeer(port: port, from: "127.0.0.2").openForQueries(token: token)
        }
    }

    @Test("of handshakes that fail or do not end, is shut out", arguments: [true, false])
    func handshakes(fails: Bool) async throws {
        let certificates = try await Certificates()
        let configure: (inout CollectorConfiguration) -> Void = {
            certificates.secure(&$0)
            $0.offencesPerMinute = 2
            if !fails { $0.handshakeTimeout = .milliseconds(50) }
        }
        try await withServingCollector(configure) { port, _ in
            try Self.expectShutOut(port, limit: 2) { peer in
                try peer.send([0x16, 0x03, 0x01, 0x00, 0x04, 0xFF] + (fails ? [0, 0, 0] : []))
                #expect(try peer.receiveUntilClosed().isEmpty != fails)
            }
            // On a busy machine the others may be late, too.
            guard fails else { return }
            let other = try RawPeer(port: port, from: "127.0.0.2")
            try other.send(Array("GET / HTTP/1.1\r\n\r\n".utf8))
            #expect(try !other.receiveUntilClosed().isEmpty)
        }
    }

    @Test("of peers that hang up behind the handshake, which was work, is shut out")
    func silence() async throws {
        let certificates = try await Certificates()
        let configure: (inout CollectorConfiguration) -> Void = {
            certificates.secure(&$0)
            $0.offencesPerMinute = 2
        }
        try await withServingCollector(configure) { port, collector in
            let client = OpenSSLClient(certificates: certificates, port: port)
            for version in ["-tls1_2", "-tls1_3", "-tls1_3"] {
                let said = try client.connect(version)
                #expect(said.contains("New, TLS"))
            }
            let end = ContinuousClock.now + .seconds(60)
            while collector.core.counters.snapshot.offences < 3, .now < end {}
            #expect(collector.core.counters.snapshot.offences == 3)
            #expect(try RawPeer(port: port).receiveUntilClosed().isEmpty)
        }
    }

    @Test("of nothing but resets and slow readers, is not shut out, and without a limit none is")
    func harmless() async throws {
        let strict: (inout CollectorConfiguration) -> Void = { $0.offencesPerMinute = 1 }
        try await withServingCollector(strict) { port, _ in
            for _ in 0..<10 {
                let peer = try RawPeer(port: port)
                try peer.openForQueries()
                peer.reset()
                try RawPeer(port: port).openForQueries()
            }
        }
        let patient: (inout CollectorConfiguration) -> Void = { $0.offencesPerMinute = 0 }
        try await withServingCollector(patient) { port, _ in
            for _ in 0..<100 {
                let peer = try RawPeer(port: port)
                try peer.send(Array("SSH-2.0-OpenSSH\r\n".utf8))
                #expect(try peer.farewell(.refuse) == .notTracewire)
            }
            try RawPeer(port: port).openForQueries()
        }
    }
}
