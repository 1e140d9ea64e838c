import Testing
import TracewireProtocol

@testable import TracewireStore

/// The statements that people have from elsewhere run unchanged, here and in plain SQLite.
struct StatementTests {
    private static let statements = [
        """
        SELECT u.username, COUNT(*) AS total, SUM(CASE WHEN w.status = 'completed' THEN 1 ELSE 0 END) AS completed,
            ROUND(100.0 * SUM(CASE WHEN w.status = 'completed' THEN 1 ELSE 0 END) / COUNT(*), 2) AS success_rate
        FROM users u JOIN workflows w ON u.id = w.user_id GROUP BY u.username ORDER BY u.username
        """,
        """
        SELECT node_name, node_type, COUNT(*) AS executions, AVG(duration_ms), MIN(duration_ms), MAX(duration_ms)
        FROM nodes WHERE status = 'completed' GROUP BY node_name, node_type ORDER BY node_name
        """,
        """
        SELECT model_name, COUNT(*) AS calls, AVG(latency_ms), SUM(total_tokens)
        FROM generations GROUP BY model_name ORDER BY model_name
        """,
        """
        SELECT n.execution_order, n.node_name, n.status, n.duration_ms, n.state_data, g.model_name, g.total_tokens
        FROM nodes n LEFT JOIN generations g ON n.id = g.node_id WHERE n.workflow_id = 1 ORDER BY n.execution_order
        """,
    ]

    private static let expected: [[[Value]]] = [
        [
            [.text("kim"), .integer(2), .integer(1), .real(50)], [.text("lee"), .integer(1), .integer(1), .real(100)],
        ],
        [
            [.text("plan"), .text("tool"), .integer(3), .real(25), .integer(10), .integer(40)]
        ],
        [
            [.text("claude"), .integer(1), .real(7), .integer(30)],
            [.text("gpt-4o"), .integer(2), .real(10), .integer(25)],
        ],
        [
            [.integer(1), .text("plan"), .text("completed"), .integer(10), .text("{}"), .text("gpt-4o"), .integer(20)],
            [.integer(2), .text("check"), .text("failed"), .integer(1), .null, .null, .null],
        ],
    ]

    private func record(_ recorder: Recorder) throws {
        let (first, second, third) = (identifier(1), identifier(2), identifier(3))
        try recorder.send(
            user("kim"), user("lee"), workflowStart(first, user: "kim"), workflowStart(second, user: "kim"),
            workflowStart(third, user: "lee"), describedStart(identifier(11), in: first, at: 30, name: "plan"),
            generation(identifier(21), in: first, node: identifier(11)) {
                $0.totalTokens = 20
                $0.latencyMs = 10
            },
            nodeEnd(identifier(11), in: first, at: 40) { $0.stateData = "{}" },
            describedStart(identifier(12), in: first, at: 40, name: "check", order: 2),
            nodeEnd(identifier(12), in: first, .failed, at: 41), workflowEnd(first, .failed),
            describedStart(identifier(13), in: second, at: 30, name: "plan"),
            nodeEnd(identifier(13), in: second, at: 70),
            generation(identifier(22), in: second) { $0.totalTokens = 5 },
            describedStart(identifier(14), in: third, at: 30, name: "plan"), nodeEnd(identifier(14), in: third, at: 55),
            generation(identifier(23), in: third) {
                $0.modelName = "claude"
                $0.totalTokens = 30
                $0.latencyMs = 7
            },
            workflowEnd(second), workflowEnd(third))
    }

    @Test(arguments: 0..<4)
    func `the four statements give what they should, through the sandbox and in plain SQLite`(index: Int) throws {
        let recorder = try Recorder()
        try record(recorder)
        let statement = Self.statements[index]
        let answer = try StoreReader(path: recorder.database.path).sql(statement)
        #expect(answer.summary.code == .ok)
        #expect(answer.rows == Self.expected[index])
        #expect(try recorder.rows(statement) == Self.expected[index])
    }
}
