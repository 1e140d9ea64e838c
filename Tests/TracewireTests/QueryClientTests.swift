import Testing
import Tracewire
import TracewireProtocol

@Suite(.timeLimit(.minutes(5))) struct QueryClientTests {
    private let question = Query.Request.sql(text: "SELECT n", parameters: [.integer(1)])
    private let oneColumn = Columns([Column(name: "n", declaredType: "INTEGER")])

    private func connected() async throws -> (FakeCollector, QueryClient, FakeConnection) {
        let collector = try await FakeCollector.start()
        async let client = QueryClient.connect(
            port: collector.port, token: "t", clientName: "a test", timeout: .seconds(60))
        let connection = try await collector.connection()
        let hello = try await connection.welcome()
        #expect(hello.producer == .zero)
        #expect(hello.token == "t")
        #expect(hello.clientName == "a test")
        return (collector, try await client, connection)
    }

    @Test func `columns, rows and summary arrive`() async throws {
        let (_, client, connection) = try await connected()
        async let asked = client.run(question, timeout: .seconds(3), maximumRows: 10, maximumBytes: 20)
        let (id, query) = try await connection.receive(.query, as: Query.self)
        #expect(query.request == question)
        #expect(query.timeoutMs == 3000)
        #expect(query.maximumRows == 10)
        #expect(query.maximumBytes == 20)
        #expect(query.credit == QuerySession.window)
        try await connection.send(.columns, oneColumn, sequence: id)
        let answer = try await asked
        #expect(answer.columns == oneColumn.columns)
        try await connection.send(.rows, Rows([[.integer(1)], [.integer(2)]]), sequence: id)
        try await connection.send(.rows, Rows([[.null]]), sequence: id)
        try await connection.send(.summary, Summary(rows: 3, elapsedUs: 7), sequence: id)
        var rows: [[Value]] = []
        for try await row in answer.rows { rows.append(row) }
        #expect(rows == [[.integer(1)], [.integer(2)], [.null]])
        #expect(try await answer.summary() == Summary(rows: 3, elapsedUs: 7))
        await client.close()
        await connection.closed()
    }

    @Test func `a query that fails says why, before its columns or behind its rows`() async throws {
        let (_, client, connection) = try await connected()
        let failing = Task { try await client.run(question) }
        let first = try await connection.receive(.query, as: Query.self).id
        try await connection.send(
            .summary, Summary(code: .sqlError, message: "no such table: x", retryAfterMs: 5), sequence: first)
        await #expect(
            throws: TracewireError(
                .queryFailed, code: .sqlError, "no such table: x", retryAfter: .milliseconds(5))
        ) { try await failing.value }

        async let limited = client.run(question)
        let second = try await connection.receive(.query, as: Query.self).id
        try await connection.send(.columns, oneColumn, sequence: second)
        try await connection.send(.rows, Rows([[.integer(1)]]), sequence: second)
        try await connection.send(.summary, Summary(code: .rowLimit, rows: 1), sequence: second)
        let answer = try await limited
        var rows = answer.rows.makeAsyncIterator()
        #expect(try await rows.next() == [.integer(1)])
        let error = await #expect(throws: TracewireError.self) { try await rows.next() }
        #expect(error?.code == .rowLimit)
        #expect(try await answer.summary().code == .rowLimit)
        await client.close()
    }

    @Test func `a slow reader holds the collector back`() async throws {
        let (_, client, connection) = try await connected()
        async let asked = client.run(question)
        let id = try await connection.receive(.query, as: Query.self).id
        try await connection.send(.columns, oneColumn, sequence: id)
        let answer = try await asked
        let body = Rows([[.text(String(repeating: "x", count: 100_000))]]).encoded()
        let chunks = Int(QuerySession.window) / body.count
        for _ in 0..<chunks { try await connection.send(.rows, body, sequence: id) }
        // Nothing was read: the only answer to this is the PONG, no credit before it.
        try await connection.send(.ping, [UInt8]())
        #expect(try await connection.frame().header.type == .pong)
        var rows = answer.rows.makeAsyncIterator()
        let half = (Int(QuerySession.window / 2) + body.count - 1) / body.count
        for _ in 0..<half { _ = try await rows.next() }
        let credit = try await connection.receive(.credit, as: Credit.self)
        #expect(credit.id == id)
        #expect(credit.body.credit == QuerySession.window + UInt64(half * body.count))
        await client.close()
    }

    @Test func `a row longer than a frame arrives whole`() async throws {
        let (_, client, connection) = try await connected()
        async let rows = client.rows(of: question)
        let id = try await connection.receive(.query, as: Query.self).id
        try await connection.send(.columns, oneColumn, sequence: id)
        let row: [Value] = [.text(String(repeating: "가", count: 1_000_000))]
        let body = Rows([row]).encoded()
        var sent = 0
        while sent < body.count {
            let end = min(sent + 700_000, body.count)
            try await connection.send(
                .rows, Array(body[sent..<end]), sequence: id, flags: end < body.count ? .more : [])
            if end < body.count { _ = try await connection.receive(.credit, as: Credit.self) }
            sent = end
        }
        try await connection.send(.summary, Summary(rows: 1), sequence: id)
        #expect(try await rows == [row])
        await client.close()
    }

    @Test func `cancelling the task cancels the query`() async throws {
        let (_, client, connection) = try await connected()
        let question = question
        let task = Task { try await client.rows(of: question) }
        let id = try await connection.receive(.query, as: Query.self).id
        task.cancel()
        let cancel = try await connection.frame()
        #expect(cancel.header.type == .cancel)
        #expect(cancel.header.sequence == id)
        await #expect(throws: CancellationError.self) { try await task.value }
        try await connection.send(.columns, oneColumn, sequence: id)
        try await connection.send(.summary, Summary(code: .cancelled), sequence: id)
        // The connection goes on.
        async let next = client.rows(of: question)
        let other = try await connection.receive(.query, as: Query.self).id
        try await connection.send(.summary, Summary(elapsedUs: 1), sequence: other)
        #expect(try await next.isEmpty)
        await client.close()
    }

    @Test func `letting go of an answer cancels its query`() async throws {
        let (_, client, connection) = try await connected()
        let question = question
        let columns = Task { try await client.run(question).columns }
        let id = try await connection.receive(.query, as: Query.self).id
        try await connection.send(.columns, oneColumn, sequence: id)
        #expect(try await columns.value == oneColumn.columns)
        #expect(try await connection.frame().header.type == .cancel)
        await client.close()
    }

    @Test func `queries at once get their own answers, and one too many is told so`() async throws {
        let (_, client, connection) = try await connected()
        let question = question
        var tasks: [Task<[[Value]], any Error>] = []
        var ids: [UInt64] = []
        for _ in 0..<Limits.queriesPerConnection {
            tasks.append(Task { try await client.rows(of: question) })
            ids.append(try await connection.receive(.query, as: Query.self).id)
        }
        let error = await #expect(throws: TracewireError.self) { try await client.run(question) }
        #expect(error?.reason == .tooManyQueries)
        for id in ids.reversed() {
            try await connection.send(.columns, oneColumn, sequence: id)
            try await connection.send(.rows, Rows([[.integer(Int64(id))]]), sequence: id)
            try await connection.send(.summary, Summary(elapsedUs: 1), sequence: id)
        }
        for (task, id) in zip(tasks, ids) { #expect(try await task.value == [[.integer(Int64(id))]]) }
        await client.close()
    }

    @Test func `a lost connection fails what is under way`() async throws {
        let (_, client, connection) = try await connected()
        let rows = Task { try await client.rows(of: question) }
        _ = try await connection.frame()
        try await connection.close()
        let error = await #expect(throws: TracewireError.self) { try await rows.value }
        #expect(error?.reason == .connectionLost)
        let next = await #expect(throws: TracewireError.self) { try await client.run(question) }
        #expect(next?.reason == .connectionLost)
        await client.close()
    }

    @Test func `a closed client fails what is under way and takes no more`() async throws {
        let (_, client, connection) = try await connected()
        let rows = Task { try await client.rows(of: question) }
        _ = try await connection.frame()
        await client.close()
        await #expect(throws: TracewireError(.closed, "the client was closed")) { try await rows.value }
        await #expect(throws: TracewireError(.closed, "the client was closed")) { try await client.run(question) }
    }
}
