import Testing

@testable import TracewireProtocol

@Suite struct QuerySessionTests {
    private let question = Query(.sql(text: "SELECT 1", parameters: []), credit: 0)
    private let oneColumn = Columns([Column(name: "n", declaredType: "")])

    @Test func `a query is asked, answered in chunks and summed up`() {
        var session = QuerySession.opened()
        let asked = session.ask(question)
        var sent = question
        sent.credit = QuerySession.window
        #expect(asked?.id == 1)
        #expect(asked?.actions == [.sendQuery(id: 1, sent)])
        #expect(session.receives(.columns, 1, oneColumn) == [.columns(id: 1, oneColumn)])
        let body = Rows([[.integer(7)], [.null]])
        #expect(
            session.receives(.rows, 1, body)
                == [.rows(id: 1, [[.integer(7)], [.null]], bytes: body.encoded().count)])
        let summary = Summary(rows: 2)
        #expect(session.receives(.summary, 1, summary) == [.finished(id: 1, summary)])
        #expect(session.receives(.summary, 1, summary).ending?.code == .unexpectedFrame)
    }

    @Test func `a watch is answered with a summary that says the position, and with nothing else`() {
        var session = QuerySession.opened()
        #expect(session.watch(after: 41)?.actions == [.sendWatch(id: 1, WatchRequest(after: 41))])
        let summary = Summary(position: 44)
        #expect(session.receives(.summary, 1, summary) == [.finished(id: 1, summary)])
        #expect(session.watch(after: 44)?.id == 2)
        #expect(session.cancel(2) == [.sendCancel(id: 2)])
        #expect(session.receives(.summary, 2, Summary(code: .cancelled)) == [])
    }

    @Test func `credit goes back when half of the window was read`() {
        var session = QuerySession.opened()
        let id = session.asks(question)
        let half = Int(QuerySession.window / 2)
        #expect(session.consumed(id, bytes: half - 1) == [])
        #expect(
            session.consumed(id, bytes: 1) == [.sendCredit(id: id, Credit(QuerySession.window + UInt64(half)))])
    }

    @Test func `a collector that sends more than was granted breaks the protocol`() {
        var session = QuerySession.opened()
        let id = session.asks(question)
        _ = session.receives(.columns, id, oneColumn)
        let body = Rows([[.text(String(repeating: "x", count: Int(QuerySession.window)))]])
        #expect(session.receives(.rows, id, body).ending?.code == .creditExceeded)
    }

    @Test func `a chunk over several frames is read whole, and its parts give their credit back at once`() {
        var session = QuerySession.opened()
        let id = session.asks(question)
        _ = session.receives(.columns, id, oneColumn)
        let row: [Value] = [.text(String(repeating: "x", count: 1000))]
        let bytes = Rows([row]).encoded()
        #expect(
            session.received(.rows, flags: .more, id: id, body: bytes.span.extracting(0..<600))
                == [.sendCredit(id: id, Credit(QuerySession.window + 600))])
        let rest = bytes.count - 600
        #expect(
            session.received(.rows, id: id, body: bytes.span.extracting(600..<bytes.count))
                == [.rows(id: id, [row], bytes: rest)])
    }

    @Test func `what comes after a CANCEL is dropped, up to the summary`() {
        var session = QuerySession.opened()
        let id = session.asks(question)
        _ = session.receives(.columns, id, oneColumn)
        #expect(session.cancel(id) == [.sendCancel(id: id)])
        #expect(session.cancel(id) == [])
        #expect(session.receives(.rows, id, Rows([[.null]])) == [])
        #expect(session.consumed(id, bytes: 1 << 20) == [])
        #expect(session.receives(.summary, id, Summary(code: .cancelled)) == [])
        #expect(session.state == .open)
    }

    @Test func `a query that ends early may end inside a chunk, whose part is thrown away`() {
        var session = QuerySession.opened()
        let id = session.asks(question)
        _ = session.receives(.columns, id, oneColumn)
        _ = session.received(.rows, flags: .more, id: id, body: [UInt8](repeating: 1, count: 5).span)
        let summary = Summary(code: .deadlineExceeded)
        #expect(session.receives(.summary, id, summary) == [.finished(id: id, summary)])
        #expect(session.state == .open)
    }

    @Test func `a query that ended well has no unfinished chunk`() {
        var session = QuerySession.opened()
        let id = session.asks(question)
        _ = session.receives(.columns, id, oneColumn)
        _ = session.received(.rows, flags: .more, id: id, body: [UInt8](repeating: 1, count: 5).span)
        #expect(session.receives(.summary, id, Summary()).ending?.code == .unexpectedFrame)
    }

    @Test func `several queries run at once, but not more than a connection may have`() {
        var session = QuerySession.opened()
        for expected in 1...UInt64(Limits.queriesPerConnection) {
            #expect(session.asks(question) == expected)
        }
        #expect(!session.canAsk)
        #expect(session.asks(question) == 0)
        _ = session.receives(.summary, 3, Summary(code: .sqlError))
        #expect(session.asks(question) == UInt64(Limits.queriesPerConnection) + 1)
    }

    @Test func `what is asked while the collector has not let go of cancelled queries waits for their end, in order`() {
        var session = QuerySession.opened()
        let limit = UInt64(Limits.queriesPerConnection)
        for _ in 0..<limit { _ = session.asks(question) }
        _ = session.cancel(1)
        _ = session.cancel(2)
        #expect(session.watch(after: 3)?.actions == [])
        #expect(session.ask(question)?.actions == [])
        #expect(!session.canAsk)
        #expect(
            session.receives(.summary, 2, Summary(code: .cancelled))
                == [.sendWatch(id: limit + 1, WatchRequest(after: 3))])
        #expect(session.cancel(limit + 2) == [])
        #expect(session.receives(.summary, 1, Summary(code: .cancelled)) == [])
        #expect(session.canAsk)
    }

    @Test func `GOAWAY ends what waits to be sent`() {
        var session = QuerySession.opened()
        for _ in 0..<Limits.queriesPerConnection { _ = session.asks(question) }
        _ = session.cancel(1)
        let waiting = session.asks(question)
        let summary = Summary(code: .shuttingDown, message: "stops")
        #expect(
            session.receives(.goaway, 0, Farewell(code: .shuttingDown, message: "stops"))
                == [.finished(id: waiting, summary)])
    }

    @Test func `GOAWAY lets queries under way finish and takes no more`() {
        var session = QuerySession.opened()
        let id = session.asks(question)
        #expect(session.receives(.goaway, 0, Farewell(code: .shuttingDown, message: "stops")) == [])
        #expect(!session.canAsk)
        let actions = session.receives(.summary, id, Summary())
        #expect(actions.first == .finished(id: id, Summary()))
        #expect(actions.ending?.code == .shuttingDown)
    }

    @Test func `an answer out of order is a violation`() {
        for (type, body) in [
            (FrameType.rows, Rows([[.null]]).encoded()), (.ack, Ack(credit: 1).encoded()),
            (FrameType(rawValue: 0x70), [1]),
        ] {
            var session = QuerySession.opened()
            _ = session.ask(question)
            #expect(session.received(type, id: 1, body: body.span).ending?.isCollectorsFault == true)
        }
        var twice = QuerySession.opened()
        _ = twice.ask(question)
        _ = twice.receives(.columns, 1, oneColumn)
        #expect(twice.receives(.columns, 1, oneColumn).ending?.code == .unexpectedFrame)
        var uneven = QuerySession.opened()
        _ = uneven.ask(question)
        _ = uneven.receives(.columns, 1, oneColumn)
        #expect(uneven.receives(.rows, 1, Rows([[.null, .null]])).ending?.code == .malformedBody)
    }
}

extension QuerySession {
    static func opened() -> QuerySession {
        var session = QuerySession(hello: Hello(clientName: "test"))
        _ = session.connected()
        _ = session.receives(.welcome, 0, Welcome(features: [], credit: 0, lastCommittedSequence: 0))
        return session
    }

    /// The query's id, 0 if it may not be asked.
    mutating func asks(_ query: Query) -> UInt64 {
        ask(query)?.id ?? 0
    }

    mutating func receives(_ type: FrameType, _ id: UInt64, _ body: some MessageBody) -> [Action] {
        received(type, id: id, body: body.encoded().span)
    }
}

extension [QuerySession.Action] {
    var ending: SessionEnding? {
        for case .close(let ending) in self { return ending }
        return nil
    }
}
