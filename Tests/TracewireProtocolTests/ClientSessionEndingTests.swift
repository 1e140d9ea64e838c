import Testing

@testable import TracewireProtocol

@Suite struct ClientSessionEndingTests {
    @Test func `GOAWAY stops sending, and the connection closes when all is answered`() {
        var session = ClientSession.opened(credit: 1000)
        session.beginBatch(bytes: 10, records: 1)
        _ = session.nextPart()
        let goaway = Farewell(code: .shuttingDown, message: "the collector stops", retryAfterMs: 500)
        #expect(session.receives(.goaway, goaway) == [])
        #expect(!session.canBeginBatch)
        session.beginBatch(bytes: 10, records: 1)
        #expect(session.nextPart() == nil)
        let ending = SessionEnding(
            code: .shuttingDown, message: "the collector stops", next: .reconnect(afterMs: 500))
        #expect(
            session.receives(.ack, sequence: 1, Ack(credit: 0))
                == [.acknowledge(through: 1, verdicts: []), .close(ending)])
        #expect(session.state == .closed)
    }

    @Test func `GOAWAY with nothing under way closes at once, and drops a batch sent in part`() {
        var session = ClientSession.opened(credit: 5)
        session.beginBatch(bytes: 10, records: 1)
        _ = session.nextPart()
        #expect(session.receives(.goaway, Farewell(code: .shuttingDown, message: "")).ending?.code == .shuttingDown)
    }

    @Test func `a connection lost while draining ends for the collector's reason`() {
        var session = ClientSession.opened(credit: 1000)
        session.beginBatch(bytes: 10, records: 1)
        _ = session.nextPart()
        _ = session.receives(.goaway, Farewell(code: .storageUnavailable, message: "", retryAfterMs: 7))
        #expect(session.connectionLost("reset").ending?.next == .reconnect(afterMs: 7))
        #expect(session.connectionLost("reset") == [])
    }

    @Test(arguments: [Code.unauthorized, .unsupportedVersion, .missingFeature, .notTracewire])
    func `what only a person can help is tried again rarely`(code: Code) {
        #expect(refused(code).ending?.next == .retryRarely(afterMs: 30))
    }

    @Test(arguments: [Code.producerExpired, .sequenceGap])
    func `a producer that the collector has lost is renewed`(code: Code) {
        #expect(refused(code).ending?.next == .renewProducer(afterMs: 30))
    }

    @Test(arguments: [Code.tooManyConnections, .shuttingDown, .storageUnavailable, .staleEpoch, Code(rawValue: 199)])
    func `everything else is tried again after a while`(code: Code) {
        #expect(refused(code).ending?.next == .reconnect(afterMs: 30))
    }

    private func refused(_ code: Code) -> [ClientSession.Action] {
        var session = ClientSession(hello: .ofProducer(), highestAssigned: 0)
        _ = session.connected()
        return session.receives(.refuse, Farewell(code: code, message: "no", retryAfterMs: 30))
    }

    @Test func `an acknowledgement of a batch that was not sent whole is a violation`() {
        var session = ClientSession.opened(credit: 5)
        session.beginBatch(bytes: 10, records: 1)
        _ = session.nextPart()
        expectViolation(.unexpectedFrame, session.receives(.ack, sequence: 1, Ack(credit: 100)))
        #expect(session.state == .closed)
    }

    @Test func `an acknowledgement that goes back is a violation`() {
        var session = ClientSession(hello: .ofProducer(next: 5), highestAssigned: 9)
        _ = session.connected()
        _ = session.receives(.welcome, Welcome.of(credit: 10, committed: 7))
        expectViolation(.unexpectedFrame, session.receives(.ack, sequence: 6, Ack(credit: 100)))
    }

    @Test(arguments: [(UInt64(2), UInt32(0)), (1, 3), (0, 0)])
    func `a verdict on a record that its ACK does not cover is a violation`(sequence: UInt64, index: UInt32) {
        var session = ClientSession.opened(credit: 100)
        for _ in 0..<2 {
            session.beginBatch(bytes: 10, records: 3)
            _ = session.nextPart()
        }
        let verdict = Verdict(sequence: sequence, index: index, code: .illegalTransition, message: "")
        expectViolation(.unexpectedFrame, session.receives(.ack, sequence: 1, Ack(verdicts: [verdict], credit: 100)))
    }

    @Test func `a frame that is unknown and required is a violation`() {
        var session = ClientSession.opened(credit: 1)
        expectViolation(.unknownFrameType, session.received(FrameType(rawValue: 0x77), body: [1].span))
    }

    @Test(arguments: [FrameType.hello, .batch, .query, .columns, .rows, .summary, .cancel, .welcome, .refuse])
    func `a frame that the collector may not send now is a violation`(type: FrameType) {
        var session = ClientSession.opened(credit: 1)
        expectViolation(.unexpectedFrame, session.received(type, body: [UInt8]().span))
    }

    @Test(arguments: [FrameType.ack, .credit])
    func `acknowledgement and credit before WELCOME are violations`(type: FrameType) {
        var session = ClientSession(hello: .ofProducer(), highestAssigned: 0)
        _ = session.connected()
        expectViolation(.unexpectedFrame, session.received(type, body: [UInt8]().span))
    }

    @Test func `a body that is no message is a violation`() {
        var session = ClientSession.opened(credit: 1)
        expectViolation(.malformedBody, session.received(.ack, sequence: 0, body: [0xff].span))
    }

    @Test func `a WELCOME that grants what was not offered is a violation`() {
        var feature = Welcome.of(credit: 1)
        feature.features = [Features(rawValue: 1 << 40)]
        var window = Welcome.of(credit: 1)
        window.streamWindowLog = 22
        var version = Welcome.of(credit: 1)
        version.version = 2
        for (welcome, code) in [
            (feature, Code.malformedBody), (window, .malformedBody), (version, .unsupportedVersion),
        ] {
            var session = ClientSession(hello: .ofProducer(), highestAssigned: 0)
            _ = session.connected()
            expectViolation(code, session.receives(.welcome, welcome))
        }
    }

    @Test func `a WELCOME with a limit below the least that a collector may announce is a violation`() {
        let leasts: [(limit: WritableKeyPath<SessionLimits, UInt32>, value: UInt32)] = [
            (\.frameWireBytes, 1024), (\.frameRawBytes, 1024), (\.batchBytes, 1024), (\.batchRecords, 1),
            (\.recordBytes, 1024), (\.valueBytes, 1024),
        ]
        for (limit, least) in leasts {
            var welcome = Welcome.of(credit: 1)
            welcome.limits[keyPath: limit] = least
            var session = ClientSession(hello: .ofProducer(), highestAssigned: 0)
            _ = session.connected()
            #expect(session.receives(.welcome, welcome) == [.opened(committed: 0), .continueSending])

            welcome.limits[keyPath: limit] = least - 1
            session = ClientSession(hello: .ofProducer(), highestAssigned: 0)
            _ = session.connected()
            expectViolation(.malformedBody, session.receives(.welcome, welcome))
        }
    }

    @Test func `a fault of the client's own is not blamed on the collector`() {
        var session = ClientSession.opened(credit: 1)
        let ending = session.violated(ProtocolViolation(.internalFailure, "no memory to inflate")).ending
        #expect(ending?.isCollectorsFault == false)
        #expect(ending?.next == .reconnect(afterMs: 0))
    }

    private func expectViolation(
        _ code: Code, _ actions: [ClientSession.Action], sourceLocation: SourceLocation = #_sourceLocation
    ) {
        #expect(actions.count == 1, sourceLocation: sourceLocation)
        #expect(actions.ending?.code == code, sourceLocation: sourceLocation)
        #expect(actions.ending?.isCollectorsFault == true, sourceLocation: sourceLocation)
    }
}

extension Hello {
    static func ofProducer(next: UInt64 = 1) -> Hello {
        var hello = Hello(clientName: "test")
        hello.producer = Identifier(high: 1, low: 2)
        hello.epoch = 1
        hello.nextSequence = next
        hello.streamWindowLog = 20
        return hello
    }
}

extension Welcome {
    static func of(credit: UInt64, committed: UInt64 = 0) -> Welcome {
        Welcome(features: .supported, credit: credit, lastCommittedSequence: committed)
    }
}

extension ClientSession {
    static func opened(
        credit: UInt64, maximumInFlight: Int = 16, features: Features = .supported, window: UInt32 = 0
    ) -> ClientSession {
        var session = ClientSession(hello: .ofProducer(), highestAssigned: 0, maximumInFlight: maximumInFlight)
        _ = session.connected()
        var welcome = Welcome.of(credit: credit)
        welcome.features = features
        welcome.streamWindowLog = window
        _ = session.receives(.welcome, welcome)
        return session
    }

    mutating func receives(_ type: FrameType, sequence: UInt64 = 0, _ body: some MessageBody) -> [Action] {
        received(type, sequence: sequence, body: body.encoded().span)
    }
}

extension [ClientSession.Action] {
    /// Why the connection closes, if it does.
    var ending: SessionEnding? {
        for case .close(let ending) in self { return ending }
        return nil
    }
}
