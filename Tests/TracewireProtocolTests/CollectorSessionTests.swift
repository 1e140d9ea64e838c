import Testing
import TracewireProtocol

@Suite("The collector's session")
struct CollectorSessionTests {
    private let producer = Identifier(milliseconds: 1)

    private func header(
        _ type: FrameType, flags: FrameFlags = [], sequence: UInt64 = 0, raw: Int = 10
    ) -> FrameHeader {
        FrameHeader(
            type: type, flags: flags, wireLength: UInt32(raw), rawLength: UInt32(raw), sequence: sequence,
            bodyChecksum: 0)
    }

    private func receive(
        _ session: inout CollectorSession, _ header: FrameHeader, _ body: [UInt8] = []
    ) throws(ProtocolViolation) -> CollectorSession.Action {
        try session.received(header, body: body.span)
    }

    private func hello(_ change: (inout Hello) -> Void = { _ in }) -> Hello {
        var hello = Hello(clientName: "test")
        hello.producer = producer
        change(&hello)
        return hello
    }

    private func opened(
        credit: UInt64 = 1000, lastCommitted: UInt64 = 0, windowLog: UInt32 = 0, hasProducer: Bool = true
    ) throws -> CollectorSession {
        var session = CollectorSession(name: "collector")
        let hello = hello { $0.producer = hasProducer ? producer : .zero }
        #expect(try session.admit(header(.hello)) == .accept)
        #expect(try receive(&session, header(.hello), hello.encoded()) == .open(hello))
        let welcome = session.opened(
            lastCommitted: lastCommitted, credit: credit, windowLog: windowLog, hasProducer: hasProducer)
        #expect(welcome?.lastCommittedSequence == lastCommitted)
        #expect(session.isOpen)
        return session
    }

    private func code(_ body: () throws(ProtocolViolation) -> some Any) -> Code? {
        do throws(ProtocolViolation) {
            _ = try body()
            return nil
        } catch {
            return error.code
        }
    }

    private func batch(
        _ session: inout CollectorSession, _ sequence: UInt64, flags: FrameFlags = [], raw: Int = 10
    ) throws -> CollectorSession.Action {
        let header = header(.batch, flags: flags, sequence: sequence, raw: raw)
        #expect(try session.admit(header) == .accept)
        return try receive(&session, header, [0])
    }

    @Test("begins with HELLO and nothing else", arguments: [FrameType.batch, .query, .ping, .welcome, .grease])
    func firstFrame(type: FrameType) {
        var session = CollectorSession(name: "c")
        #expect(code { () throws(ProtocolViolation) in try session.admit(header(type)) } == .unexpectedFrame)
        #expect(session.refuse() == .refuse)
        #expect(session.isClosed)
    }

    @Test("waits for the store before WELCOME, and bears nothing meanwhile")
    func opening() throws {
        var session = CollectorSession(name: "c")
        _ = try receive(&session, header(.hello), hello().encoded())
        #expect(code { () throws(ProtocolViolation) in try session.admit(header(.batch)) } == .unexpectedFrame)
        #expect(!session.isOpen)
    }

    @Test("agrees on a version and on features, and refuses what it does not have")
    func negotiation() throws {
        func answer(_ hello: Hello) -> Code? {
            var session = CollectorSession(name: "c")
            return code { () throws(ProtocolViolation) in try receive(&session, header(.hello), hello.encoded()) }
        }
        #expect(answer(hello { $0.maximumVersion = 9 }) == nil)
        #expect(answer(hello { $0.minimumVersion = 2 }) == .unsupportedVersion)
        #expect(answer(hello { $0.maximumVersion = 0 }) == .unsupportedVersion)
        #expect(answer(hello { $0.offeredFeatures = Features(rawValue: .max) }) == nil)
        #expect(answer(hello { $0.requiredFeatures = Features(rawValue: 1 << 40) }) == .missingFeature)
        #expect(answer(hello { $0.requiredFeatures = .zstdFrame }) == nil)
    }

    @Test("takes batches in the order of their sequences; a lower one is one sent again, a higher one is a gap")
    func sequences() throws {
        var session = try opened(lastCommitted: 5)
        #expect(try batch(&session, 6) == .completeBatch(sequence: 6))
        #expect(try batch(&session, 7) == .completeBatch(sequence: 7))
        #expect(try batch(&session, 6) == .completeBatch(sequence: 6))
        #expect(try batch(&session, 8) == .completeBatch(sequence: 8))
        #expect(
            code { () throws(ProtocolViolation) in try session.admit(header(.batch, sequence: 10)) } == .sequenceGap)
        var other = try opened()
        #expect(code { () throws(ProtocolViolation) in try other.admit(header(.batch, sequence: 0)) } == .sequenceGap)
    }

    @Test("puts a batch together from its frames, with other frames between them")
    func assembly() throws {
        var session = try opened()
        #expect(try batch(&session, 1, flags: .more) == .appendToBatch)
        #expect(try receive(&session, header(.ping, sequence: 9)) == .pong(sequence: 9))
        #expect(session.batchUnderWay?.bytes == 10)
        #expect(
            code { () throws(ProtocolViolation) in try session.admit(header(.batch, sequence: 2)) } == .unexpectedFrame)
        #expect(try batch(&session, 1) == .completeBatch(sequence: 1))
        #expect(session.batchUnderWay == nil)
    }

    @Test("holds the client to its credit, and says when a batch needs more")
    func credit() throws {
        var session = try opened(credit: 30_000)
        #expect(try batch(&session, 1, flags: .more, raw: 10_000) == .appendToBatch)
        #expect(session.batchUnderWay?.needsCredit == false)
        #expect(try batch(&session, 1, flags: .more, raw: 20_000) == .appendToBatch)
        #expect(session.batchUnderWay?.needsCredit == true)
        #expect(session.batchUnderWay?.sequence == 1)
        var spent = session
        #expect(
            code { () throws(ProtocolViolation) in try spent.admit(header(.batch, sequence: 1, raw: 1)) }
                == .creditExceeded)
        #expect(session.grant(5) == 30_005)
        let last = header(.batch, sequence: 1, raw: 5)
        #expect(try session.admit(last) == .accept)
        // The last frame needs no more, although its body has not come.
        #expect(session.batchUnderWay?.needsCredit == false)
        #expect(try receive(&session, last, [0]) == .completeBatch(sequence: 1))
        #expect(session.batchUnderWay == nil)
    }

    @Test("bounds a batch whatever the credit")
    func batchSize() throws {
        var limits = SessionLimits()
        limits.batchBytes = 100
        var session = CollectorSession(name: "c", limits: limits)
        _ = try receive(&session, header(.hello), hello().encoded())
        _ = session.opened(lastCommitted: 0, credit: 1000, windowLog: 0, hasProducer: true)
        #expect(try batch(&session, 1, flags: .more, raw: 60) == .appendToBatch)
        let next = header(.batch, sequence: 1, raw: 41)
        #expect(code { () throws(ProtocolViolation) in try session.admit(next) } == .batchTooLarge)
    }

    @Test("takes a PONG nobody asked for, and a farewell that is one")
    func pongAndFarewell() throws {
        var session = try opened()
        #expect(try session.admit(header(.pong, sequence: 4, raw: 0)) == .accept)
        #expect(try receive(&session, header(.pong, sequence: 4, raw: 0)) == .nothing)
        #expect(
            code { () throws(ProtocolViolation) in try receive(&session, header(.goaway), [0x0a, 9]) } == .malformedBody
        )
        #expect(try receive(&session, header(.goaway)) == .finish)
    }

    @Test("takes no batch from a client without a producer")
    func queriesOnly() throws {
        var session = try opened(hasProducer: false)
        #expect(
            code { () throws(ProtocolViolation) in try session.admit(header(.batch, sequence: 1)) } == .unexpectedFrame)
    }

    @Test("takes only the compression that was negotiated")
    func compression() throws {
        var plain = try opened(windowLog: 0)
        let stream = header(.batch, flags: FrameFlags(.stream), sequence: 1)
        #expect(code { () throws(ProtocolViolation) in try plain.admit(stream) } == .missingFeature)
        var granted = try opened(windowLog: 20)
        #expect(try granted.admit(stream) == .accept)
    }

    @Test("skips what is optional and unknown, and ends at what is only unknown")
    func unknownFrames() throws {
        var session = try opened()
        let unknown = FrameType(rawValue: 99)
        #expect(try session.admit(header(unknown, flags: .optional)) == .skip)
        #expect(code { () throws(ProtocolViolation) in try session.admit(header(unknown)) } == .unknownFrameType)
        #expect(code { () throws(ProtocolViolation) in try session.admit(header(.hello)) } == .unexpectedFrame)
        #expect(code { () throws(ProtocolViolation) in try session.admit(header(.ack)) } == .unexpectedFrame)
    }

    @Test("runs a bounded number of queries, by ids that are free again after their summary")
    func queries() throws {
        var session = try opened()
        let query = Query(.sql(text: "SELECT 1", parameters: []), credit: 10)
        func ask(_ id: UInt64) throws(ProtocolViolation) -> CollectorSession.Action {
            try receive(&session, header(.query, sequence: id), query.encoded())
        }
        for id in 1...8 { #expect(try ask(UInt64(id)) == .run(query, id: UInt64(id))) }
        guard case .answer(let summary, id: 9) = try ask(9) else {
            Issue.record("a ninth query was run")
            return
        }
        #expect(summary.code == .busy)
        #expect(code { () throws(ProtocolViolation) in try ask(3) } == .unexpectedFrame)
        #expect(try receive(&session, header(.cancel, sequence: 3)) == .cancelQuery(id: 3))
        let credit = Credit(77).encoded()
        #expect(try receive(&session, header(.credit, sequence: 3), credit) == .grantRows(id: 3, credit: 77))
        session.queryEnded(id: 3)
        #expect(try receive(&session, header(.cancel, sequence: 3)) == .nothing)
        // A watch counts as one.
        let watch = WatchRequest(after: 41).encoded()
        #expect(try receive(&session, header(.watch, sequence: 3), watch) == .watch(after: 41, id: 3))
        #expect(code { () throws(ProtocolViolation) in try ask(3) } == .unexpectedFrame)
        session.queryEnded(id: 3)
        #expect(try ask(3) == .run(query, id: 3))
    }

    @Test("passes over batches once it drains, and answers queries with shutting_down")
    func draining() throws {
        var session = try opened()
        session.drain()
        #expect(try session.admit(header(.batch, sequence: 1)) == .skip)
        let query = Query(.sql(text: "SELECT 1", parameters: []), credit: 10).encoded()
        guard case .answer(let summary, _) = try receive(&session, header(.query, sequence: 1), query) else {
            Issue.record("a query was run")
            return
        }
        #expect(summary.code == .shuttingDown)
        #expect(session.refuse() == .goaway)
        #expect(session.isClosed)
        #expect(try session.admit(header(.ping)) == .skip)
    }

    @Test("gives up a batch whose body comes when it drains already")
    func drainingInsideBatch() throws {
        var session = try opened()
        let header = header(.batch, sequence: 1)
        #expect(try session.admit(header) == .accept)
        session.drain()
        #expect(session.batchUnderWay == nil)
        #expect(try receive(&session, header, [0]) == .nothing)
    }
}
