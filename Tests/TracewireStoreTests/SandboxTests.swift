import Synchronization
import Testing
import TracewireProtocol

@testable import TracewireStore

struct SandboxTests {
    private let recorder: Recorder
    private let reader: StoreReader

    init() throws {
        recorder = try Recorder()
        try recorder.send(user("kim"), workflowStart(identifier(1), user: "kim"))
        reader = try StoreReader(path: recorder.database.path)
    }

    private static let endless = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT max(i) FROM n"

    @Test func `a statement gives columns with their declared types, and rows`() throws {
        let answer = reader.sql(
            "SELECT username, users.id, time_settings, ?1 + 1, NULL, x'00ff', 0.5 FROM users, workflows", .integer(41))
        #expect(answer.summary.code == .ok)
        #expect(answer.columns.map(\.declaredType) == ["TEXT", "INTEGER", "JSON", "", "", "", ""])
        #expect(
            answer.rows == [[.text("kim"), .integer(1), .null, .integer(42), .null, .blob([0, 255]), .real(0.5)]])
        #expect(answer.summary.rows == 1)
        #expect(answer.summary.bytes == UInt64(answer.bodies.reduce(0, +)))
    }

    @Test func `every kind of parameter arrives by its position`() throws {
        let answer = reader.sql(
            "SELECT ?, ?, ?, ?, ?, ?", .text("가\0나"), .blob([]), .null, .integer(.min), .real(.infinity), .text(""))
        #expect(
            answer.rows == [
                [.text("가\0나"), .blob([]), .null, .integer(.min), .real(.infinity), .text("")]
            ])
    }

    @Test(arguments: [
        "SELECT name FROM pragma_table_info('users') WHERE pk",
        "SELECT 'id' FROM pragma_table_list WHERE name = 'users'",
        "SELECT i.name FROM pragma_index_list('users') l, pragma_index_info(l.name) i WHERE i.name = 'id' UNION SELECT 'id'",
    ])
    func `what tables and columns there are can be asked`(sql: String) throws {
        let answer = reader.sql(sql)
        #expect(answer.rows == [[.text("id")]], "\(answer.summary.message)")
    }

    @Test func `a pragma that describes a table is a statement that reads`() throws {
        let answer = reader.sql("PRAGMA table_info(users)")
        #expect(answer.columns.map(\.name).prefix(3) == ["cid", "name", "type"])
        #expect(answer.rows.first?.prefix(3) == [.integer(0), .text("id"), .text("INTEGER")])
    }

    @Test func `a wrong number of parameters is refused`() throws {
        #expect(reader.sql("SELECT ?, ?", .null).summary.code == .invalidArgument)
        #expect(reader.sql("SELECT 1", .null).summary.code == .invalidArgument)
    }

    @Test(arguments: [
        "INSERT INTO users (uuid, username, created_at, updated_at) VALUES (x'00', 'eve', 1, 1)",
        "UPDATE users SET username = 'eve'", "DELETE FROM users", "REPLACE INTO users SELECT * FROM users",
        "CREATE TABLE t (a)", "CREATE TEMP TABLE t (a)", "CREATE TEMP VIEW v AS SELECT 1", "DROP TABLE users",
        "ALTER TABLE users ADD COLUMN a", "ATTACH ':memory:' AS other", "DETACH main", "PRAGMA user_version",
        "PRAGMA query_only = OFF", "SELECT * FROM pragma_query_only", "BEGIN", "COMMIT", "ROLLBACK",
        "SAVEPOINT s",
        "VACUUM", "VACUUM INTO '/tmp/stolen.db'", "ANALYZE", "REINDEX", "SELECT load_extension('x')",
        "EXPLAIN DELETE FROM users", "SELECT 1; SELECT 2", "SELECT 1; DELETE FROM users",
        "WITH u AS (SELECT 1) DELETE FROM users", "CREATE VIRTUAL TABLE t USING fts5(a)",
        "INSERT INTO users SELECT * FROM users RETURNING id",
    ])
    func `a statement that does more than read is refused, and says so`(sql: String) throws {
        let answer = reader.sql(sql)
        #expect(answer.summary.code == .notPermitted, "\(answer.summary.message)")
        #expect(answer.summary.message.hasSuffix("asked") || answer.summary.message.hasSuffix("at a time"))
        #expect(answer.rows.isEmpty && answer.columns.isEmpty)
        #expect(try recorder.rows("SELECT username FROM users") == [[.text("kim")]])
        #expect(reader.sql("SELECT 1").rows == [[.integer(1)]])
    }

    @Test(arguments: ["", " \n", "-- nothing", "/* nothing */ ;", ";;"])
    func `a statement that says nothing is an error`(sql: String) {
        let summary = reader.sql(sql).summary
        #expect(summary.code == .sqlError)
        #expect(summary.message == "the statement is empty")
    }

    @Test(arguments: [
        "SELECT 1;", "SELECT 1 ; -- done", "/* a */ SELECT 1 ;; \n/* b */", "VALUES (1)", "EXPLAIN SELECT 1",
    ])
    func `one statement may have comments and semicolons around it`(sql: String) {
        #expect(reader.sql(sql).summary.code == .ok)
    }

    @Test func `a mistake is told in SQLite's words`() {
        let summary = reader.sql("SELECT missing FROM users").summary
        #expect(summary.code == .sqlError)
        #expect(summary.message == "no such column: missing")
        #expect(reader.sql("SELECT 1\0; DELETE FROM users").summary.code == .invalidArgument)
        #expect(reader.sql("SELECT abs(-9223372036854775808)").summary.code == .sqlError)
    }

    @Test func `a statement that never ends is ended by its deadline`() {
        let limits = QueryLimits(timeoutMs: 20)
        #expect(reader.sql(Self.endless, limits: limits).summary.code == .deadlineExceeded)
        let rows = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i FROM n"
        #expect(reader.sql(rows, limits: QueryLimits(timeoutMs: 20, rows: .max)).summary.code == .deadlineExceeded)
        #expect(reader.sql("SELECT 1").summary.code == .ok)
    }

    /// What takes SQLite minutes to hours, as it runs, and ends by nothing but the deadline.
    @Test(arguments: [
        "SELECT length(trim(hex(zeroblob(20000000)), hex(zeroblob(10000000)) || '1'))",
        "SELECT length(ltrim(hex(zeroblob(20000000)), hex(zeroblob(10000000)) || '1'))",
        "SELECT length(rtrim(hex(zeroblob(20000000)), hex(zeroblob(10000000)) || '1'))",
        "SELECT hex(zeroblob(20000000)) LIKE '%' || substr(hex(zeroblob(2000)), 1, 4000) || '1%'",
        "SELECT hex(zeroblob(20000000)) LIKE '%' || replace(substr(hex(zeroblob(2000)), 1, 4000), '0', '_') || '1%'",
        "SELECT hex(zeroblob(20000000)) GLOB '*' || substr(hex(zeroblob(2000)), 1, 4000) || '1*'",
        "SELECT hex(zeroblob(20000000)) GLOB '*[' || substr(hex(zeroblob(2000)), 1, 4000) || '1]1*'",
        "SELECT \(sum(of: "length(randomblob(10000000))"))",
        "SELECT \(sum(of: "length(hex(zeroblob(5000000)))"))",
        "SELECT \(sum(of: "length(printf('%.30000000c', 'x'))"))",
        "SELECT \(sum(of: "(t LIKE '%' || n || '2')")) FROM (SELECT hex(zeroblob(5000000)) t, 1 n)",
    ])
    func `a statement whose single steps take long is ended by its deadline`(sql: String) {
        let summary = reader.sql(sql, limits: QueryLimits(timeoutMs: 20)).summary
        #expect(summary.code == .deadlineExceeded, "\(summary.message)")
        #expect(reader.sql("SELECT 1").rows == [[.integer(1)]])
    }

    @Test func `a long literal is no long statement`() {
        let text = String(repeating: "x", count: 1_000_000)
        #expect(
            reader.sql("SELECT length('\(text)'), length(zeroblob(60000000))").rows == [
                [.integer(1_000_000), .integer(60_000_000)]
            ])
    }

    private static func sum(of term: String) -> String {
        Array(repeating: term, count: 150).joined(separator: " + ")
    }

    private static let manyKeys = """
        (WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 80000)
        SELECT json_group_object('k' || i, i) FROM n)
        """

    @Test(arguments: [
        ("SELECT json_patch(\(manyKeys), \(manyKeys))", "too many keys"),
        ("SELECT json_patch('{}', \(manyKeys))", "too many keys"),
        ("SELECT printf('%.2000000000c%.2000000000c', 'x', 'y')", "too often"),
        ("SELECT format('%5.*lc', 2000000000, 'x')", "too often"),
        (
            "SELECT \(sum(of: "(t = t || '')")), \(sum(of: "(t < t || n)")) FROM (SELECT hex(zeroblob(30000000)) t, 1 n)",
            "values of up to"
        ),
    ])
    func `what no deadline could end is refused before it runs`(sql: String, reason: String) {
        let summary = reader.sql(sql).summary
        #expect(summary.code == .sqlError && summary.message.contains(reason), "\(summary.message)")
    }

    @Test func `counted functions answer as SQLite's own`() throws {
        let sql = """
            SELECT json_patch('{"a": 1, "b": {"c": 2}}', '{"a": null, "b": {"d": [3]}}'), json_patch(NULL, '{}'),
                json_array(json_patch('{}', '{"a": 1}')), printf('%5.2f|%-4d|%s|%.3c|%%|%q', 1.005, 7, 'x', 'y', 'it''s'),
                format('%d', 5), printf('%s'), printf(NULL)
            """
        #expect(try reader.sql(sql).rows == recorder.rows(sql))
        #expect(reader.sql("SELECT json_patch('{', '{}')").summary.message == "malformed JSON")
    }

    @Test func `patterns match as SQLite's own do`() throws {
        let parts = ["'%'", "'_'", "'a'", "'A'", "'한'", "'*'", "'?'", "'[a-b]'", "'[^a]'", "']'", "''", "'é'", "'!'"]
        let list = parts.map { "(\($0))" }.joined(separator: ", ")
        let sql = """
            WITH v(x) AS (VALUES \(list)), p(x) AS (SELECT a.x || b.x || c.x FROM v a, v b, v c),
            t(x) AS (VALUES ('a'), ('ab'), ('한a'), ('aa한'), (''), ('A!b'), ('é]'), ('_%'))
            SELECT p.x, t.x, t.x LIKE p.x, t.x GLOB p.x, t.x LIKE p.x ESCAPE '!', t.x LIKE p.x ESCAPE '한' FROM p, t
            """
        let own = try recorder.rows(sql)
        let different = zip(own, reader.sql(sql).rows).filter { $0 != $1 }
        #expect(own.count == 13 * 13 * 13 * 8 && different.isEmpty, "\(different.prefix(3))")
    }

    @Test(arguments: [
        "SELECT instr(hex(zeroblob(20000000)) || hex(zeroblob(10000000)), hex(zeroblob(20000000)) || '1')",
        "SELECT length(replace(hex(zeroblob(20000000)), hex(zeroblob(10000000)) || '1', ''))",
    ])
    func `a function that nothing can interrupt ends by itself`(sql: String) {
        // With SQLite's own functions each takes minutes to hours, and this test does not end.
        let code = reader.sql(sql).summary.code
        #expect(code == .ok)
    }

    @Test(arguments: ["sqlite_stmt", "dbstat"])
    func `a table of SQLite's own that is not for everybody is refused in words that fit`(name: String) {
        let summary = reader.sql("SELECT * FROM \(name)").summary
        #expect(summary.code == .notPermitted)
        #expect(summary.message == "that table is not permitted: only a SELECT that reads may be asked")
        #expect(reader.sql("UPDATE users SET username = ''").summary.message.hasPrefix("UPDATE is not"))
    }

    @Test func `the bounded functions agree with SQLite's own`() throws {
        let values = [
            "''", "'a'", "'aab'", "'ab한국한a'", "'한'", "'국'", "'%한_'", "'a*[b-d]?'", "'A%'", "x'61'", "x'ED95'", "NULL",
            "12",
            "1.5", "'aaaa'", "'aa'", "'é'", "'👩‍👩‍👧'", "'a\\%b'", "'%\\%%'",
        ]
        let calls = [
            "instr(a, b)", "trim(a, b)", "ltrim(a, b)", "rtrim(a, b)", "a LIKE b", "a GLOB b",
            "a LIKE b ESCAPE '\\'", "replace(a, b, 'xyz')", "replace(a, b, '')", "replace(a, b, NULL)",
        ]
        let list = values.map { "(\($0))" }.joined(separator: ", ")
        for call in calls {
            let sql =
                "WITH v(x) AS (VALUES \(list)) SELECT quote(a), quote(b), \(call) FROM (SELECT p.x a, q.x b FROM v p, v q)"
            let own = try recorder.rows(sql)
            #expect(own.count == values.count * values.count)
            let different = zip(own, reader.sql(sql).rows).filter { $0 != $1 }
            #expect(different.isEmpty, "\(call)")
        }
    }

    @Test func `a query that wants more memory than it may ends, and leaves the connection usable`() {
        let sql = "SELECT \(Array(repeating: "randomblob(60000000)", count: 20).joined(separator: ", "))"
        let summary = reader.sql(sql, limits: QueryLimits(memoryBytes: 128 << 20)).summary
        #expect(summary.code == .byteLimit)
        #expect(summary.message == "it needs more than 134217728 bytes of memory")
        #expect(reader.sql("SELECT length(zeroblob(50000000))").rows == [[.integer(50_000_000)]])
    }

    @Test func `what a query sorts counts as its memory, and goes into no file`() {
        let sql = """
            WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 100)
            SELECT i, randomblob(1000000) b FROM n ORDER BY b
            """
        #expect(reader.sql(sql, limits: QueryLimits(memoryBytes: 32 << 20)).summary.code == .byteLimit)
        #expect(reader.sql("SELECT 1").rows == [[.integer(1)]])
    }

    @Test func `a query may lower the limits, not raise them`() {
        let limits = QueryLimits(timeoutMs: 20, rows: 5)
        let request = Query.Request.sql(text: Self.endless, parameters: [])
        let raised = reader.ask(request, limits: limits) { $0.timeoutMs = .max }
        #expect(raised.summary.code == .deadlineExceeded)
        let many = Query.Request.sql(text: "SELECT 1 UNION ALL SELECT 2 UNION ALL SELECT 3", parameters: [])
        let lowered = reader.ask(many, limits: limits) { $0.maximumRows = 2 }
        #expect(lowered.summary.code == .rowLimit)
        #expect(lowered.rows.count == 2)
        #expect(reader.ask(many, limits: limits) { $0.maximumRows = 3 }.summary.code == .ok)
    }

    @Test func `ten million rows end at the row limit, after the rows up to it`() {
        let sql = """
            WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 10000000) SELECT i FROM n
            """
        let answer = reader.sql(sql, limits: QueryLimits(rows: 50_000))
        #expect(answer.summary.code == .rowLimit)
        #expect(answer.summary.rows == 50_000)
        #expect(answer.rows.count == 50_000 && answer.rows.last == [.integer(50_000)])
        #expect(answer.bodies.count > 1 && answer.bodies.allSatisfy { $0 <= StoreReader.bodyBytes })
    }

    @Test func `large rows end at the byte limit, and one that does not fit is not built`() {
        let sql = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT zeroblob(1000000) FROM n"
        let answer = reader.sql(sql, limits: QueryLimits(bytes: 10_500_000))
        #expect(answer.summary.code == .byteLimit)
        #expect(answer.rows.count == 10)
        #expect(answer.summary.bytes <= 10_500_000)
        let single = reader.sql("SELECT zeroblob(50000000)", limits: QueryLimits(bytes: 1_000))
        #expect(single.summary.code == .byteLimit && single.rows.isEmpty)
        #expect(reader.sql("SELECT length(zeroblob(500000000))").summary.code == .sqlError)
    }

    @Test func `a statement is ended from another thread`() async throws {
        let control = QueryControl()
        let path = recorder.database.path
        let running = Atomic(false)
        async let summary = Self.askEndlessly(path, control, running)
        while !running.load(ordering: .acquiring) { await Task.yield() }
        control.cancel()
        let code = try await summary.code
        #expect(code == .cancelled)
    }

    private static func askEndlessly(
        _ path: String, _ control: QueryControl, _ running: borrowing Atomic<Bool>
    ) async throws -> Summary {
        let sql = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i FROM n WHERE i = 1 OR i < 0"
        let query = Query(.sql(text: sql, parameters: []), credit: 0)
        return try StoreReader(path: path).run(query, limits: QueryLimits(timeoutMs: 600_000), control: control) { _ in
            // The first row is there, and the search for the second one has no end.
            running.store(true, ordering: .releasing)
        } rows: { _ in
        }
    }

    @Test func `what was cancelled or is late before it starts does not run`() {
        let control = QueryControl()
        control.cancel()
        let request = Query.Request.sql(text: "SELECT 1", parameters: [])
        #expect(reader.ask(request, control: control).summary.code == .cancelled)
        let late = QueryControl(deadline: .now - .seconds(1))
        #expect(reader.ask(request, control: late).summary.code == .deadlineExceeded)
    }

    @Test func `a client that goes away ends its query`() {
        struct Gone: Error {}
        let sql = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i FROM n"
        var bodies = 0
        let query = Query(.sql(text: sql, parameters: []), credit: 0)
        let summary = reader.run(query, limits: QueryLimits(rows: .max, bytes: .max), control: QueryControl()) { _ in
        } rows: { _ in
            bodies += 1
            if bodies == 3 { throw Gone() }
        }
        #expect(summary.code == .cancelled)
        #expect(bodies == 3)
    }

    @Test func `text that is not UTF-8 is mended`() {
        let answer = reader.sql("SELECT CAST(x'61ff62' AS TEXT)")
        #expect(answer.rows == [[.text("a\u{fffd}b")]])
    }

    @Test func `uuid_blob reads what uuid_text writes, and nothing else`() throws {
        #expect(
            reader.sql("SELECT count(*) FROM workflows WHERE uuid = uuid_blob(uuid_text(uuid))").rows == [[.integer(1)]]
        )
        #expect(
            reader.sql("SELECT hex(uuid_blob('0199C8AA00007000800000000000000f'))").rows == [
                [.text("0199C8AA00007000800000000000000F")]
            ])
        for text in [
            "''", "'0199'", "'0199c8aa-0000-7000-8000-0000000000ff0'", "'g199c8aa000070008000000000000000'", "7",
            "NULL",
        ] {
            #expect(reader.sql("SELECT uuid_blob(\(text))").rows == [[.null]], "\(text)")
        }
    }

    @Test func `JSON functions and uuid_text can be used`() throws {
        let answer = reader.sql("SELECT json_extract('{\"a\": [1]}', '$.a[0]'), uuid_text(uuid) FROM workflows")
        #expect(answer.rows == [[.integer(1), .text("\(identifier(1))")]])
        let each = reader.sql("SELECT value FROM json_each('[1, 2]')")
        #expect(each.summary.message == "")
        #expect(each.rows == [[.integer(1)], [.integer(2)]])
        #expect(reader.sql("SELECT uuid_text('x'), uuid_text(x'00')").rows == [[.null, .null]])
    }
}
