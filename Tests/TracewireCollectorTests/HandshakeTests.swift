import NIOCore
import NIOEmbedded
import NIOSSL
import Testing

@testable import TracewireCollector

/// Bytes at the door to TLS, without a socket: thousands of them, always the same ones.
@Suite("What begins a connection where TLS is spoken")
struct HandshakeTests {
    /// The connection's side of the door, and the time that passes for it.
    private struct Door {
        let channel = EmbeddedChannel()

        init(_ core: CollectorCore) throws {
            let certificates = try #require(core.certificates)
            let handler = ConnectionHandler(shared: core, number: core.nextConnectionNumber())
            try channel.pipeline.syncOperations.addHandlers([TLSDoor(certificates, handler), handler])
            channel.connect(to: try SocketAddress(ipAddress: "192.0.2.1", port: 1), promise: nil)
        }

        /// Gives it `bytes` in pieces of so many.
        func receive(_ bytes: [UInt8], piece: Int) {
            for start in stride(from: 0, to: bytes.count, by: piece) {
                // What it makes of them it says by closing.
                _ = try? channel.writeInbound(ByteBuffer(bytes: bytes[start..<min(start + piece, bytes.count)]))
            }
        }

        /// Whether it is closed once a handshake may take no longer.
        func isClosedInTime() throws -> Bool {
            channel.embeddedEventLoop.advanceTime(by: .seconds(60))
            defer { _ = try? channel.finish(acceptAlreadyClosed: true) }
            return !channel.isActive
        }
    }

    private static func core(_ certificates: Certificates, _ directory: TemporaryDirectory) throws -> CollectorCore {
        var configuration = CollectorConfiguration(databasePath: directory.path + "/traces.db")
        certificates.secure(&configuration)
        // The time that the door's own loop has is not that of the clock.
        configuration.handshakeTimeout = .nanoseconds(1)
        let access = try AccessControl(configuration, logger: TokenFixture.silence)
        return try CollectorCore(configuration, access: access, logger: TokenFixture.silence)
    }

    /// What a client says first.
    private static func clientHello() throws -> [UInt8] {
        let context = try NIOSSLContext(configuration: .makeClientConfiguration())
        let channel = EmbeddedChannel(handler: try NIOSSLClientHandler(context: context, serverHostname: "localhost"))
        channel.connect(to: try SocketAddress(ipAddress: "192.0.2.1", port: 1), promise: nil)
        var bytes: [UInt8] = []
        while let buffer = try channel.readOutbound(as: ByteBuffer.self) { bytes += Array(buffer.readableBytesView) }
        _ = try? channel.finish(acceptAlreadyClosed: true)
        return bytes
    }

    /// A number that nobody expects (Steele, Lea and Flood, 2014: SplitMix64).
    private struct Generator: RandomNumberGenerator {
        var state: UInt64

        mutating func next() -> UInt64 {
            state &+= 0x9E37_79B9_7F4A_7C15
            var mixed = (state ^ state >> 30) &* 0xBF58_476D_1CE4_E5B9
            mixed = (mixed ^ mixed >> 27) &* 0x94D0_49BB_1331_11EB
            return mixed ^ mixed >> 31
        }
    }

    /// The ClientHello with some bytes changed, cut or repeated, or with none of it left.
    private static func mutated(_ hello: [UInt8], _ generator: inout Generator) -> [UInt8] {
        var bytes = hello
        for _ in 0..<Int.random(in: 1...8, using: &generator) where !bytes.isEmpty {
            let place = Int.random(in: 0..<bytes.count, using: &generator)
            switch Int.random(in: 0..<6, using: &generator) {
            case 0: bytes.removeLast(bytes.count - place)
            case 1: bytes.insert(contentsOf: bytes[..<place], at: place)
            case 2: bytes.remove(at: place)
            default: bytes[place] = UInt8.random(in: 0...255, using: &generator)
            }
        }
        return bytes
    }

    @Test("is closed at the latest when a handshake may take no longer, whatever it is")
    func mutations() async throws {
        let directory = try TemporaryDirectory()
        let core = try Self.core(try await Certificates(), directory)
        let hello = try Self.clientHello()
        #expect(hello.count > 100 && hello.first == 0x16)
        var generator = Generator(state: 7)
        for number in 0..<2_000 {
            let bytes = Self.mutated(hello, &generator)
            let door = try Door(core)
            door.receive(bytes, piece: Int.random(in: 1...bytes.count + 1, using: &generator))
            #expect(try door.isClosedInTime(), "input \(number)")
        }
        #expect(core.counters.snapshot.connections == 0)
    }

    @Test("is answered, if it is a ClientHello, however it is cut into pieces")
    func whole() async throws {
        let directory = try TemporaryDirectory()
        let core = try Self.core(try await Certificates(), directory)
        let hello = try Self.clientHello()
        for piece in [1, 2, 5, 100, hello.count] {
            let door = try Door(core)
            door.receive(hello, piece: piece)
            let answer = try #require(try door.channel.readOutbound(as: ByteBuffer.self))
            // A record of type handshake (RFC 8446, 5.1).
            #expect(answer.readableBytesView.first == 0x16)
            #expect(try door.isClosedInTime())
        }
    }
}
