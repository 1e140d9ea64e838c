import Foundation
import Testing

@Suite("sql")
struct SQLTests {
    /// The statements that have to run unchanged, here and in any other SQLite.
    private static let statements = [
        """
        SELECT u.username, COUNT(*) AS total, SUM(CASE WHEN w.status = 'completed' THEN 1 ELSE 0 END) AS completed,
            ROUND(100.0 * SUM(CASE WHEN w.status = 'completed' THEN 1 ELSE 0 END) / COUNT(*), 2) AS success_rate
        FROM users u JOIN workflows w ON u.id = w.user_id GROUP BY u.id, u.username ORDER BY u.username
        """,
        """
        SELECT node_name, node_type, COUNT(*) AS executions, AVG(duration_ms) AS avg_ms, MIN(duration_ms) AS min_ms,
            MAX(duration_ms) AS max_ms
        FROM nodes WHERE status = 'completed' GROUP BY node_name, node_type ORDER BY node_name, node_type
        """,
        """
        SELECT model_name, COUNT(*) AS calls, AVG(latency_ms) AS avg_latency_ms, SUM(total_tokens) AS tokens
        FROM generations GROUP BY model_name ORDER BY model_name
        """,
        """
        SELECT n.execution_order, n.node_name, n.status, n.duration_ms, n.error_message, g.model_name, g.total_tokens, g.output
        FROM nodes n LEFT JOIN generations g ON n.id = g.node_id WHERE n.workflow_id = 1
        ORDER BY n.execution_order, g.created_at
        """,
    ]

    @Test("the four statements answer as they do over tables that an independent script made of the same events")
    func fourStatements() async throws {
        let directory = try TestDirectory()
        let events = try await Traffic.write(.planner, seed: 21, workflows: 60, to: directory)
        let collector = try await CollectorProcess(directory: directory)
        #expect(try await collector.run("import", events).exit == 0)
        let statements = try directory.write(
            String(decoding: JSONEncoder().encode(Self.statements), as: UTF8.self), to: "statements.json")
        let expected = try await Self.answers("four_statements.py", [events, statements])
        for (statement, rows) in zip(Self.statements, expected) {
            let outcome = try await collector.run("sql", statement, "--format", "csv")
            #expect(outcome.exit == 0, "\(outcome.errors)")
            #expect(rows.count > 1)
            #expect(try await Self.parsed(outcome, directory) == rows)
        }
        #expect(await collector.end(SIGTERM) == 0)
        let plain = try await Self.answers("four_statements.py", [events, statements, directory.file("traces.db")])
        #expect(plain == expected)
    }

    /// Rows whose values are texts, as CSV has them.
    private static func answers(_ script: String, _ arguments: [String]) async throws -> [[[String]]] {
        let outcome = try await Program.python(script, arguments)
        try #require(outcome.exit == 0, "\(outcome.errors)")
        return try JSONDecoder().decode([[[String]]].self, from: outcome.output)
    }

    private static func parsed(_ outcome: Outcome, _ directory: TestDirectory) async throws -> [[String]] {
        try outcome.output.write(to: URL(filePath: directory.file("answer.csv")))
        let parsed = try await Program.python("read_csv.py", [directory.file("answer.csv")])
        try #require(parsed.exit == 0, "\(parsed.errors)")
        return Array(try JSONDecoder().decode([[String]].self, from: parsed.output).dropFirst())
    }

    @Test("binds parameters by position, numbers as numbers, and reads the statement from standard input")
    func parameters() async throws {
        let collector = try await CollectorProcess.withSamples()
        let outcome = try await collector.run(
            "sql", "-", "--parameter", "5", "--parameter", "-2.5", "--parameter", "x'--", "--format", "json",
            input: "SELECT ? AS a, ? AS b, ? AS c, typeof(?1) AS t")
        #expect(outcome.text == "[\n{\"a\":5,\"b\":-2.5,\"c\":\"x'--\",\"t\":\"integer\"}\n]\n")
    }

    @Test(
        "what JSON has as no number is a text, and so is what stands in quotation marks",
        arguments: [
            ("007", "text:007"), ("+5", "text:+5"), ("0x10", "text:0x10"), ("-", "text:-"), ("", "text:"),
            ("true", "text:true"), (#""7""#, "text:7"), (#""a\n\u00e9""#, "text:a\né"), (#""open"#, #"text:"open"#),
            ("1e2", "real:100.0"), ("99999999999999999999", "real:1.0e+20"), ("-0", "integer:0"),
        ])
    func parameterTypes(argument: String, value: String) async throws {
        let collector = try await CollectorProcess(directory: try TestDirectory())
        let outcome = try await collector.run(
            "sql", "SELECT typeof(?1) || ':' || ?1 AS v", "--parameter", argument, "--format", "json")
        #expect(try outcome.rows().first?["v"] as? String == value)
    }

    @Test("a statement may begin with a comment, as people paste them")
    func comment() async throws {
        let collector = try await CollectorProcess(directory: try TestDirectory())
        for statement in ["-- first\nSELECT 7 AS v", "--\nSELECT 7 AS v", "--first\nSELECT 7 AS v"] {
            let outcome = try await collector.run("sql", statement, "--format", "json")
            #expect(outcome.text == "[\n{\"v\":7}\n]\n", "\(outcome.errors)")
        }
        let parameter = try await collector.run("sql", "SELECT ? AS v", "--parameter", "-- x", "--format", "json")
        #expect(parameter.text == "[\n{\"v\":\"-- x\"}\n]\n")
    }

    @Test("a run without a name is wrong usage")
    func emptyRun() async throws {
        #expect(try await Program().run(["show", ""]).exit == 2)
    }

    @Test("a parameter that is missing is told with the option that gives it")
    func missingParameter() async throws {
        let collector = try await CollectorProcess(directory: try TestDirectory())
        let outcome = try await collector.run("sql", "SELECT ?")
        #expect(outcome.exit == 1)
        #expect(outcome.errors.contains("the statement has 1 parameter, and 0 were given"))
        #expect(outcome.errors.contains("--parameter"))
    }

    @Test("JSON columns are JSON values, columns of the same name are told apart, and bytes are hexadecimal")
    func json() async throws {
        let collector = try await CollectorProcess.withSamples()
        let statement = """
            SELECT w.id, n.id, w.time_settings, x'00ff' AS b FROM workflows w JOIN nodes n ON n.workflow_id = w.id LIMIT 1
            """
        let outcome = try await collector.run("sql", statement, "--format", "ndjson")
        #expect(outcome.text == #"{"id":1,"id_2":1,"time_settings":{"b":1,"a":[2]},"b":"00ff"}"# + "\n")
    }

    @Test("a table spells NULL out, and shows no control character")
    func table() async throws {
        let collector = try await CollectorProcess.withSamples()
        let statement = "SELECT user_input, NULL AS n, 1 AS one FROM workflows WHERE id = 1"
        let outcome = try await collector.run("sql", statement)
        #expect(outcome.text == "user_input          n     one\n성수에서 ␛[31m전시  NULL    1\n")
    }

    @Test(
        "what may not be asked fails with the collector's code",
        arguments: [
            ("DELETE FROM users", "not_permitted"), ("ATTACH 'x' AS y", "not_permitted"), ("SELEC 1", "sql_error"),
            ("SELECT 1; SELECT 2", "not_permitted"),
        ])
    func refused(statement: String, code: String) async throws {
        let collector = try await CollectorProcess.withSamples()
        let outcome = try await collector.run("sql", statement)
        #expect(outcome.exit == 1)
        #expect(outcome.errors.contains("(\(code))"), "\(outcome.errors)")
        #expect(outcome.output.isEmpty)
    }

    @Test("an answer that is cut short is written as far as it came, and the command fails")
    func limits() async throws {
        let collector = try await CollectorProcess.withSamples()
        let statement = "SELECT id FROM workflows ORDER BY id"
        let rows = try await collector.run("sql", statement, "--max-rows", "2", "--format", "json")
        #expect(rows.exit == 1)
        #expect(rows.errors.contains("row_limit"))
        #expect(try rows.rows().map { $0["id"] as? Int } == [1, 2])
        let endless = "WITH RECURSIVE t(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM t) SELECT count(*) FROM t"
        let late = try await collector.run("sql", endless, "--timeout", "200ms")
        #expect(late.exit == 1)
        #expect(late.errors.contains("longer than the 200 ms that it may"))
        #expect(late.errors.contains("(deadline_exceeded)"))
        #expect(late.errors.contains("--timeout"))
    }
}
