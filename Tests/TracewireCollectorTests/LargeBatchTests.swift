import Testing
import TracewireCollector
import TracewireProtocol

@Suite("Batches larger than the credit")
struct LargeBatchTests {
    /// Connections have their own small credit and nothing else.
    private let withoutPool: @Sendable (inout CollectorConfiguration) -> Void = { $0.ingestBytes = 1 }

    /// A batch of one record, somewhat larger than the credit that every connection has.
    private func largeBody() -> [UInt8] {
        RawPeer.body([Sample.generation(prompt: String(repeating: "p", count: 3 * Limits.smallestCredit))])
    }

    /// Sends as much of `body` as there is credit for, and waits for more.
    private func begin(
        _ peer: RawPeer, _ producer: Int64, _ body: [UInt8], token: String = ""
    ) throws -> (sent: Int, credit: UInt64) {
        let credit = Int(try peer.open(producer: Identifier(milliseconds: producer), token: token).credit)
        try #require(credit < body.count)
        try peer.send(.batch, flags: .more, sequence: 1, body: Array(body[..<credit]))
        return (credit, try peer.receive(.credit, as: Credit.self).credit)
    }

    @Test("a client that begins the next batch at once does not keep the others from theirs")
    func pipelining() async throws {
        try await withServingCollector(withoutPool) { port, _ in
            let first = try RawPeer(port: port)
            let body = largeBody()
            let (sent, _) = try begin(first, 1, body)
            // The rest of the first batch, and a beginning of the second that never ends.
            try first.send(
                RawPeer.frame(.batch, sequence: 1, body: Array(body[sent...]))
                    + RawPeer.frame(.batch, flags: .more, sequence: 2, body: [10]))
            #expect(try first.acknowledgement().sequence == 1)
            let second = try RawPeer(port: port)
            let (part, credit) = try begin(second, 2, body)
            #expect(credit >= body.count)
            try second.send(.batch, sequence: 1, body: Array(body[part...]))
            #expect(try second.acknowledgement().sequence == 1)
        }
    }

    /// Sends all that there is credit for, and takes what more there is of it, until so much is sent. Nothing of it is whole.
    private func hoard(_ peer: RawPeer, credit first: UInt64, upTo most: Int) throws {
        var (sent, credit) = (0, Int(first))
        while sent < most {
            if sent == credit { credit = Int(try peer.receive(.credit, as: Credit.self).credit) }
            let count = min(credit - sent, Limits.frameRawBytes)
            try peer.send(.batch, flags: .more, sequence: 1, body: [UInt8](repeating: 0, count: count))
            sent += count
        }
    }

    @Test("a project that takes all credit, and the place beyond it, leaves another one enough for large batches")
    func projects() async throws {
        let tokens = try TokenFixture()
        let greedy = try tokens.create(.ingest, in: #require(ProjectName("greedy")))
        let other = try tokens.create(.ingest, in: #require(ProjectName("other")))
        try await tokens.withCollector { port in
            var idle: [RawPeer] = []
            for producer in 1...12 as ClosedRange<Int64> {
                let peer = try RawPeer(port: port)
                try peer.open(producer: Identifier(milliseconds: producer), token: greedy)
                idle.append(peer)
            }
            let last = try RawPeer(port: port)
            let credit = try last.open(producer: Identifier(milliseconds: 13), token: greedy).credit
            try hoard(last, credit: credit, upTo: 12 << 20)
            let peer = try RawPeer(port: port)
            let body = RawPeer.body([Sample.generation(prompt: String(repeating: "p", count: 600_000))])
            let (sent, _) = try begin(peer, 14, body, token: other)
            try peer.send(.batch, sequence: 1, body: Array(body[sent...]))
            #expect(try peer.acknowledgement().sequence == 1)
            withExtendedLifetime(idle) {}
        }
    }

    @Test("one that is not whole when another has waited for long ends, however fast it was before")
    func overdue() async throws {
        let impatient: @Sendable (inout CollectorConfiguration) -> Void = {
            $0.ingestBytes = 1
            $0.stallTimeout = .seconds(4)
        }
        try await withServingCollector(impatient) { port, _ in
            let slow = try RawPeer(port: port)
            // Time for many seconds at the least rate.
            try hoard(slow, credit: slow.open(producer: Identifier(milliseconds: 1)).credit, upTo: 2 << 20)
            let next = try RawPeer(port: port)
            let body = largeBody()
            let (sent, _) = try begin(next, 2, body)
            let farewell = try slow.receive(until: .goaway, as: Farewell.self)
            #expect(farewell.code == .timedOut && farewell.message.contains("its turn"))
            try next.send(.batch, sequence: 1, body: Array(body[sent...]))
            #expect(try next.acknowledgement().sequence == 1)
        }
    }

    @Test("one goes at a time, and the next when it is settled or its client has gone", arguments: [true, false])
    func oneAtATime(isSettled: Bool) async throws {
        try await withServingCollector(withoutPool) { port, _ in
            let body = largeBody()
            let first = try RawPeer(port: port)
            let (sent, _) = try begin(first, 1, body)
            let second = try RawPeer(port: port)
            let credit = Int(try second.open(producer: Identifier(milliseconds: 2)).credit)
            try second.send(.batch, flags: .more, sequence: 1, body: Array(body[..<credit]))
            // It has to wait: nothing but the answer to a ping comes.
            try second.send(.ping, sequence: 3)
            #expect(try second.receive().header.type == .pong)
            if isSettled {
                try first.send(.batch, sequence: 1, body: Array(body[sent...]))
            } else {
                first.hangUp()
            }
            #expect(try second.receive(.credit, as: Credit.self).credit >= body.count)
        }
    }
}
