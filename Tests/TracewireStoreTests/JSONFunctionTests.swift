import CSQLite
import Testing
import TracewireProtocol

@testable import TracewireStore

/// SQLite's functions of JSON, as a statement from outside has them.
struct JSONFunctionTests {
    private let recorder: Recorder
    private let reader: StoreReader

    init() throws {
        recorder = try Recorder()
        reader = try StoreReader(path: recorder.database.path)
    }

    @Test func `they answer as SQLite's own`() throws {
        let texts = [
            "'{\"a\": 1, \"b\": {\"c\": [2.50, \"x\", null, true]}, \"d.e\": \"한\"}'", "'[1, [2, 3], {\"a\": \"y\"}]'",
            "'7'",
            "'\"t\"'", "NULL", "5", "1.5", "'{}' || char(0) || 'z'",
        ]
        let calls = [
            "json_extract(t, '$.a')", "json_extract(t, '$.b')", "json_extract(t, '$.b.c[0]', '$.a', '$.\"d.e\"')",
            "json_extract(t)", "json_extract()", "json_extract(t, NULL)", "t -> 'b'", "t ->> 'b'", "t -> 1", "t ->> 0",
            "t ->> '$[#-1].a'", "json_type(t)", "json_type(t, '$.b')", "json_array_length(t)",
            "json_array_length(t, '$.b.c')",
            "json_valid(t)", "json_set(t, '$.a', json('[1]'), '$.n', '[1]')", "json_insert(t, '$.n', x.u, '$[#]', 2.5)",
            "json_replace(t, '$.a', t -> '$.b', '$[0]', NULL)", "json_remove(t, '$.a', '$[1]')", "json_remove(t)",
            "json_array(t -> '$.b', t ->> '$.b', json_extract(t, '$.b'), json_set(t, '$.q', 1))",
            "json_group_array(json_extract(t, '$.b'))", "json_object('k', json_remove(t, '$.a'))",
            "json_set(t, '$.s', t)",
        ]
        for call in calls {
            let list = texts.map { "(\($0))" }.joined(separator: ", ")
            let sql = """
                WITH x(t, u) AS (SELECT column1, 'a' || char(0) || 'b' FROM (VALUES \(list))) SELECT \(call) FROM x
                """
            let own = try recorder.rows(sql)
            #expect(!own.isEmpty && reader.sql(sql).rows == own, "\(call)")
        }
    }

    @Test(arguments: [
        "json_extract('{', '$.a')", "json_extract('{}', 'a')", "json_valid(1, 2)", "json_set('{}', '$.a')",
        "json_set('{}', '$.a', x'00')", "json_type('{}', '$[')", "json_array_length('{', '$')", "'{' -> 'a'",
    ])
    func `they fail in SQLite's own words`(call: String) throws {
        let plain = try Connection(path: ":memory:", flags: SQLITE_OPEN_READWRITE)
        #expect(throws: StoreError.self) { try plain.integer("SELECT \(call)") }
        let summary = reader.sql("SELECT \(call)").summary
        #expect(summary.code == .sqlError && summary.message == plain.message)
    }

    @Test func `what they return is bounded as every value is`() {
        let long = Array(repeating: Array(repeating: "random()", count: 100).joined(separator: " | "), count: 25)
        let sql = """
            SELECT length(json_set('{}', '$.a', h, '$.b', h, '$.c', h)), \(long.joined(separator: ", "))
            FROM (SELECT hex(zeroblob(?)) h)
            """
        #expect(reader.sql(sql, .integer(1_000)).rows.first?.first == .integer(6_022))
        let summary = reader.sql(sql, .integer(1_500_000)).summary
        #expect(summary.code == .sqlError && summary.message.contains("values of up to"), "\(summary.message)")
    }

    @Test(arguments: ["json_extract", "json_remove"])
    func `more paths than could be looked for in a second are refused, and those that can are not`(name: String) {
        let value = "('[' || substr(replace(hex(zeroblob(1000000)), '00', '1,'), 1, 1999999) || ']')"
        let paths = { Array(repeating: "'$[#-1]'", count: $0).joined(separator: ", ") }
        let summary = reader.sql("SELECT length(\(name)(\(value), \(paths(100))))").summary
        #expect(summary.code == .sqlError && summary.message.contains("too many paths"), "\(summary.message)")
        #expect(reader.sql("SELECT length(\(name)(\(value), \(paths(3))))").summary.code == .ok)
        // The same length, and few values.
        let few = "json_object('a', hex(zeroblob(1000000)))"
        #expect(reader.sql("SELECT length(\(name)(\(few), \(paths(100))))").summary.code == .ok)
    }

    /// SQLite makes it, by calls within calls: a longer one ends the process.
    @Test(arguments: ["json_set", "json_insert"])
    func `a path is no deeper than a text may be`(name: String) {
        let deep = { (steps: Int) in "'$' || replace(hex(zeroblob(\(steps))), '00', '.a')" }
        let made = reader.sql("SELECT length(\(name)('{}', \(deep(1_900)), 1))")
        #expect(made.rows == [[.integer(11_401)]])
        for path in [deep(1_000_000), "'$' || replace(hex(zeroblob(1000000)), '00', '[0]')"] {
            let summary = reader.sql("SELECT \(name)('{}', '$.b', 1, \(path), 1)").summary
            #expect(summary.code == .sqlError && summary.message.contains("2000 steps"), "\(summary.message)")
        }
    }

    private static let calls = [
        "json_extract(?1, '$[0]')", "json_extract(?1, '$', '$')", "?1 -> 0", "?1 ->> 0", "json_type(?1)",
        "json_type(?1, '$')", "json_array_length(?1)", "json_array_length(?1, '$')", "json_valid(?1)",
        "json_set(?1, '$[0]', 1)", "json_insert(?1, '$[#]', 1)", "json_replace(?1, '$[0]', 1)",
        "json_remove(?1, '$[0]')",
    ]

    private static let text = "[" + String(repeating: "1,", count: 50_000) + "1]"

    private func statement(_ call: String, _ relay: FunctionRelay) throws -> QueryStatement {
        let connection = try Connection(path: ":memory:", flags: SQLITE_OPEN_READWRITE)
        try CountedFunctions.add(to: connection, relay)
        var handle: OpaquePointer?
        try #require(sqlite3_prepare_v2(connection.handle, "SELECT \(call)", -1, &handle, nil) == SQLITE_OK)
        let statement = QueryStatement(try #require(handle), connection)
        try statement.bind(1, .text(Self.text))
        return statement
    }

    @Test(arguments: calls)
    func `none begins when its query is over`(call: String) throws {
        let relay = CountedFunctions.makeRelay()
        let statement = try statement(call, relay)
        let control = QueryControl()
        MemoryBudget.with(64 << 20) { budget in
            budget.watch = Watch([], control, start: .now, timeoutMs: .max)
            #expect(sqlite3_step(statement.handle) == SQLITE_ROW)
            sqlite3_reset(statement.handle)
            control.cancel()
            #expect(sqlite3_step(statement.handle) == SQLITE_INTERRUPT)
            sqlite3_reset(statement.handle)
            relay.forget()
        }
    }

    @Test(arguments: calls)
    func `what they have parsed goes with the query`(call: String) throws {
        let relay = CountedFunctions.makeRelay()
        let statement = try statement(call, relay)
        MemoryBudget.with(64 << 20) { _ in
            for _ in 1...3 {
                #expect(sqlite3_step(statement.handle) == SQLITE_ROW)
                sqlite3_reset(statement.handle)
                relay.forget()
            }
            // The relay's own connection stays.
            #expect(MemoryBudget.bytesInUse < 4 * Self.text.utf8.count)
        }
    }

    @Test func `they go on for longer than a statement of theirs does`() {
        let sql = """
            WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 5000)
            SELECT sum(json_extract('[' || i || ',2]', '$[0]')), sum(json_extract('[1,2]', '$[0]', '$[1]') = '[1,2]') FROM n
            """
        #expect(reader.sql(sql).rows == [[.integer(12_502_500), .integer(5_000)]])
    }
}
