import NIOCore
import TracewireProtocol

@testable import TracewireProtocol

/// A connection of a client to the collector, and what must hold of what either says on it.
final class Connection {
    /// What the collector owes for a batch that it has committed.
    struct Due {
        let sequence: UInt64
        let verdicts: [ExpectedVerdict]
    }

    let number: Int
    let client: Socket
    let collector: Socket
    private unowned let world: World
    private var fromClient = FrameTap()
    private var fromCollector = FrameTap()
    private var sentBytes: UInt64 = 0
    private var credit: UInt64 = 0
    private var acknowledged: UInt64 = 0
    private(set) var producer: Identifier?
    /// Committed through this connection, and not acknowledged on it.
    var due: [Due] = []

    init(_ world: World, number: Int, client: Socket, collector: Socket) {
        (self.world, self.number, self.client, self.collector) = (world, number, client, collector)
        client.connect(to: collector)
        collector.connect(to: client)
        client.tap = { [unowned self] in clientSent($0) }
        collector.tap = { [unowned self] in collectorSent($0) }
    }

    var isOver: Bool { client.isClosed && collector.isClosed }

    // MARK: What is said

    private func clientSent(_ bytes: [UInt8]) {
        fromClient.feed(bytes) { header, body in
            switch header.type {
            case .hello: producer = (try? Hello(decoding: body.span))?.producer
            case .batch:
                sentBytes += UInt64(header.rawLength)
                world.trace.note("batch", number, Int(header.sequence), Int(header.wireLength))
                world.require(sentBytes <= credit, "a client keeps to its credit", "\(sentBytes) of \(credit)")
            default: break
            }
        }
    }

    private func collectorSent(_ bytes: [UInt8]) {
        fromCollector.feed(bytes) { header, body in
            switch header.type {
            case .welcome: welcomed(try? Welcome(decoding: body.span))
            case .ack: acknowledged(header.sequence, try? Ack(decoding: body.span))
            case .credit: raise((try? Credit(decoding: body.span))?.credit ?? 0)
            case .goaway, .refuse: world.trace.note("farewell", number, text: farewell(body))
            default: break
            }
        }
    }

    private func farewell(_ body: [UInt8]) -> String {
        (try? Farewell(decoding: body.span)).map { "\($0.code): \($0.message)" } ?? ""
    }

    private func welcomed(_ welcome: Welcome?) {
        guard let welcome, let producer else { return world.violate("WELCOME answers HELLO", "on \(number)") }
        world.trace.note("welcome", number, Int(welcome.lastCommittedSequence))
        acknowledged = welcome.lastCommittedSequence
        raise(welcome.credit)
        // It may be behind by what a newer connection has sent since, and of a producer that was forgotten since; it is never ahead.
        let known = world.rules.lastSequence(of: producer)
        world.require(
            welcome.lastCommittedSequence <= known, "what WELCOME says is committed is committed",
            "\(welcome.lastCommittedSequence), and \(known) is")
    }

    private func raise(_ credit: UInt64) {
        world.require(credit >= self.credit, "credit never falls", "from \(self.credit) to \(credit)")
        self.credit = max(self.credit, credit)
    }

    private func acknowledged(_ sequence: UInt64, _ ack: Ack?) {
        guard let ack, let producer else { return world.violate("ACK can be read", "on \(number)") }
        world.trace.note("ack", number, Int(sequence), ack.verdicts.count)
        let known = world.rules.lastSequence(of: producer)
        world.require(
            sequence <= known, "what is acknowledged is committed",
            "batch \(sequence) of \(producer) was acknowledged, and \(known) is committed")
        world.require(sequence >= acknowledged, "acknowledgements never go back", "\(acknowledged) to \(sequence)")
        acknowledged = sequence
        raise(ack.credit)
        let covered = due.prefix { $0.sequence <= sequence }
        due.removeFirst(covered.count)
        let expected = covered.flatMap(\.verdicts)
        let said = ack.verdicts.map { ExpectedVerdict(sequence: $0.sequence, index: $0.index, code: $0.code) }
        world.require(
            said == expected, "verdicts are those of the rules", "\(said), and the rules say \(expected)")
    }
}

/// Cuts frames out of what passes.
struct FrameTap {
    private var bytes: [UInt8] = []
    private var decoder = FrameDecoder(bodyLimit: Limits.frameRawBytes)

    mutating func feed(_ more: [UInt8], _ frame: (FrameHeader, [UInt8]) -> Void) {
        bytes += more
        while let header = next() {
            let end = Limits.headerBytes + Int(header.wireLength)
            frame(header, Array(bytes[Limits.headerBytes..<end]))
            bytes.removeFirst(end)
        }
    }

    private mutating func next() -> FrameHeader? {
        let received = bytes
        return try? decoder.next(received.span)
    }
}
