import Testing

@testable import TracewireProtocol

@Suite struct ClientSessionTests {
    @Test func `a session opens, sends a batch and has it acknowledged`() {
        var session = ClientSession(hello: .ofProducer(), highestAssigned: 0)
        #expect(session.connected() == [.sendHello(.ofProducer())])
        #expect(session.state == .helloSent)
        #expect(!session.canBeginBatch)
        #expect(session.receives(.welcome, Welcome.of(credit: 1000)) == [.opened(committed: 0), .continueSending])
        #expect(session.state == .open)

        #expect(session.canBeginBatch)
        #expect(session.nextSequence == 1)
        session.beginBatch(bytes: 400, records: 3)
        #expect(session.nextPart() == .init(sequence: 1, range: 0..<400, more: false))
        #expect(session.nextPart() == nil)
        #expect(session.nextSequence == 2)

        let parked = Verdict(sequence: 1, index: 2, code: .parked, message: "waits for its workflow")
        #expect(
            session.receives(.ack, sequence: 1, Ack(verdicts: [parked], credit: 1400))
                == [.acknowledge(through: 1, verdicts: [parked]), .continueSending])
        #expect(session.committed == 1)
        #expect(session.credit == 1400)
    }

    @Test(arguments: [[2, 2], [2, 0]] as [[UInt32]])
    func `verdicts that come twice or out of order end the session`(_ indices: [UInt32]) {
        var session = ClientSession.opened(credit: 1000)
        session.beginBatch(bytes: 400, records: 3)
        _ = session.nextPart()
        let verdicts = indices.map { Verdict(sequence: 1, index: $0, code: .parked, message: "") }
        #expect(session.receives(.ack, sequence: 1, Ack(verdicts: verdicts, credit: 1400)).ending != nil)
    }

    @Test func `no byte of a batch goes out without credit, not even inside the batch`() {
        var session = ClientSession.opened(credit: 100)
        session.beginBatch(bytes: 250, records: 1)
        #expect(session.nextPart() == .init(sequence: 1, range: 0..<100, more: true))
        #expect(session.nextPart() == nil)
        #expect(session.receives(.credit, Credit(180)) == [.continueSending])
        #expect(session.nextPart() == .init(sequence: 1, range: 100..<180, more: true))
        #expect(session.receives(.credit, Credit(1000)) == [.continueSending])
        #expect(session.nextPart() == .init(sequence: 1, range: 180..<250, more: false))
        #expect(session.sentBytes == 250)
    }

    @Test func `credit never goes down`() {
        var session = ClientSession.opened(credit: 100)
        #expect(session.receives(.credit, Credit(40)) == [])
        #expect(session.credit == 100)
        session.beginBatch(bytes: 10, records: 1)
        _ = session.nextPart()
        _ = session.receives(.ack, sequence: 1, Ack(credit: 60))
        #expect(session.credit == 100)
    }

    @Test func `a batch larger than a frame goes out in parts of the collector's size`() {
        var welcome = Welcome.of(credit: 10_000)
        welcome.limits.frameRawBytes = 1024
        var session = ClientSession(hello: .ofProducer(), highestAssigned: 0)
        _ = session.connected()
        _ = session.receives(.welcome, welcome)
        session.beginBatch(bytes: 2500, records: 1)
        #expect(session.nextPart() == .init(sequence: 1, range: 0..<1024, more: true))
        #expect(session.nextPart() == .init(sequence: 1, range: 1024..<2048, more: true))
        #expect(session.nextPart() == .init(sequence: 1, range: 2048..<2500, more: false))
    }

    @Test func `a part fits into the wire limit even when compression makes it longer`() {
        var welcome = Welcome.of(credit: 1 << 30)
        welcome.limits.frameWireBytes = 1 << 20
        var session = ClientSession(hello: .ofProducer(), highestAssigned: 0)
        _ = session.connected()
        _ = session.receives(.welcome, welcome)
        session.beginBatch(bytes: 4 << 20, records: 1)
        let part = session.nextPart()?.range.count ?? 0
        #expect(part > 1 << 19)
        #expect(part + part / 256 + 128 <= 1 << 20)
    }

    @Test func `only so many batches are under way`() {
        var session = ClientSession.opened(credit: 1000, maximumInFlight: 2)
        for _ in 0..<2 {
            session.beginBatch(bytes: 10, records: 1)
            _ = session.nextPart()
        }
        #expect(!session.canBeginBatch)
        session.beginBatch(bytes: 10, records: 1)
        #expect(session.nextPart() == nil)
        _ = session.receives(.ack, sequence: 1, Ack(credit: 1000))
        #expect(session.canBeginBatch)
        #expect(session.nextSequence == 3)
    }

    @Test func `an acknowledgement is cumulative`() {
        var session = ClientSession.opened(credit: 1000)
        for _ in 0..<3 {
            session.beginBatch(bytes: 10, records: 1)
            _ = session.nextPart()
        }
        #expect(
            session.receives(.ack, sequence: 3, Ack(credit: 1000))
                == [.acknowledge(through: 3, verdicts: []), .continueSending])
        #expect(session.committed == 3)
    }

    @Test func `after a reconnect sending goes on behind what WELCOME says is committed`() {
        var session = ClientSession(hello: .ofProducer(next: 5), highestAssigned: 9)
        _ = session.connected()
        #expect(
            session.receives(.welcome, Welcome.of(credit: 10, committed: 7))
                == [.opened(committed: 7), .continueSending])
        #expect(session.nextSequence == 8)
    }

    @Test(arguments: [UInt64(3), 10, .max])
    func `a collector that speaks of another history makes the client a new producer`(committed: UInt64) {
        var session = ClientSession(hello: .ofProducer(next: 5), highestAssigned: 9)
        _ = session.connected()
        let actions = session.receives(.welcome, Welcome.of(credit: 10, committed: committed))
        #expect(actions.ending?.next == .renewProducer(afterMs: 0))
        #expect(session.state == .closed)
    }

    @Test func `compression is what both sides can, a stream first`() {
        #expect(ClientSession.opened(credit: 1, window: 20).compression == .stream)
        #expect(ClientSession.opened(credit: 1, window: 0).compression == .frame)
        #expect(ClientSession.opened(credit: 1, features: []).compression == .none)
        #expect(ClientSession.opened(credit: 1, features: [.zstdFrame], window: 20).streamWindowLog == 0)
    }

    @Test func `PING is answered, and unknown optional frames are skipped`() {
        var session = ClientSession.opened(credit: 1)
        #expect(session.received(.ping, body: [UInt8]().span) == [.sendPong])
        #expect(session.received(.grease, flags: .optional, body: [1, 2].span) == [])
        #expect(session.state == .open)
    }

    @Test func `silence is first asked about, then ends the connection`() {
        var session = ClientSession.opened(credit: 1)
        #expect(session.silent() == [.sendPing])
        #expect(session.received(.pong, body: [UInt8]().span) == [])
        #expect(session.silent() == [.sendPing])
        #expect(session.silent().ending?.code == .timedOut)
        #expect(session.state == .closed)
    }

    @Test func `a collector that takes what it is sent is there, although it says nothing`() {
        var session = ClientSession.opened(credit: 1)
        #expect(session.silent() == [.sendPing])
        #expect(session.silent(peerTakes: true) == [])
        #expect(session.silent() == [.sendPing])
        #expect(session.silent().ending?.code == .timedOut)
    }

    @Test func `a collector that does not answer HELLO is given up`() {
        var session = ClientSession(hello: .ofProducer(), highestAssigned: 0)
        _ = session.connected()
        #expect(session.silent().ending?.next == .reconnect(afterMs: 0))
    }
}
