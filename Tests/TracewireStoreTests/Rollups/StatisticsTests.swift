import Testing
import TracewireProtocol

@testable import TracewireStore

/// The reports on rollups beside plain SQL over the rows.
struct StatisticsTests {
    private static let hour: Int64 = 3_600_000
    private let recorder: Recorder
    private let reader: StoreReader
    private let now = Recorder.now

    /// Ten days, of which the first nine are folded.
    init() throws {
        recorder = try Recorder()
        try recorder.send(all: RandomTraffic.users.map { user($0, at: 1) })
        var traffic = RandomTraffic(seed: 4, until: now, days: 10)
        for records in traffic.batches(traffic.records(runs: 150)) { try recorder.send(all: records) }
        let writer = recorder.writer
        try writer.write { () throws(StoreError) in
            while try writer.applier.rollups.fold(nowMs: Recorder.now) {}
        }
        reader = try StoreReader(path: recorder.database.path)
    }

    /// Of all times, since, until, between; within a day, within an hour; where the horizon lies, and nothing at all.
    private static let periods: [(Int64?, Int64?)] = {
        let hours = Recorder.now / hour
        let spans: [(Int64?, Int64?)] = [
            (nil, nil), (hours - 24 * 20, nil), (nil, hours + 24), (hours - 100, nil), (hours - 20, nil),
            (nil, hours - 100),
            (hours - 200, hours - 60), (hours - 60, hours - 10), (hours - 30, hours - 29), (hours - 120, hours - 115),
            (hours / 24 * 24 - 48, hours / 24 * 24), (hours - 24, hours - 24), (hours - 5, hours - 50), (0, nil),
        ]
        return spans.map { ($0.0.map { $0 * hour }, $0.1.map { $0 * hour }) }
    }()

    private func report(_ name: String, _ period: (Int64?, Int64?)) -> Answer {
        var arguments: [String: Value] = [:]
        if let since = period.0 { arguments["since"] = .integer(since) }
        if let until = period.1 { arguments["until"] = .integer(until) }
        let answer = reader.report(name, arguments)
        #expect(answer.summary.code == .ok, "\(answer.summary.message)")
        return answer
    }

    private func rows(_ text: String, _ column: String, _ period: (Int64?, Int64?)) -> [[Value]] {
        let answer = reader.sql(
            text.replacing("PERIOD", with: "\(column) >= coalesce(?1, 0) AND \(column) < coalesce(?2, 1 << 60)"),
            period.0.map(Value.integer) ?? .null, period.1.map(Value.integer) ?? .null)
        #expect(answer.summary.code == .ok, "\(answer.summary.message)")
        return answer.rows
    }

    @Test
    func `executions of nodes are those of the rows`() throws {
        for period in Self.periods {
            let expected = rows(
                """
                SELECT n.node_name, n.node_type, count(*) AS executions, sum(n.status = 'failed') AS failed,
                    avg(n.duration_ms) FILTER (WHERE n.status = 'completed') AS avg_duration_ms,
                    min(n.duration_ms) FILTER (WHERE n.status = 'completed') AS min_duration_ms,
                    max(n.duration_ms) FILTER (WHERE n.status = 'completed') AS max_duration_ms
                FROM nodes n WHERE n.started_at IS NOT NULL AND PERIOD
                GROUP BY n.node_name, n.node_type ORDER BY executions DESC, n.node_name, n.node_type
                """, "n.started_at", period)
            let answer = report("stats_nodes", period)
            // Nodes that only called models in a period are there too.
            let started = answer.rows.filter { $0[2] != .integer(0) }
            #expect(started.map { Array($0.prefix(7)) } == expected)
            if period.0 == nil && period.1 == nil { #expect(expected.count == 4) }
        }
    }

    @Test
    func `calls of models are those of the rows`() throws {
        for period in Self.periods {
            let expected = rows(
                """
                SELECT g.model_name, g.model_provider, count(*) AS calls, sum(g.error_message IS NOT NULL) AS errors,
                    avg(g.latency_ms), sum(g.prompt_tokens), sum(g.completion_tokens), sum(g.total_tokens),
                    min(g.latency_ms), max(g.latency_ms)
                FROM generations g WHERE PERIOD
                GROUP BY g.model_name, g.model_provider ORDER BY calls DESC, g.model_name, g.model_provider
                """, "g.created_at", period)
            let answer = report("stats_models", period)
            #expect(answer.rows.map { Array($0.prefix(10)) } == expected)
            if period.0 == nil && period.1 == nil { #expect(expected.count == 4) }
        }
    }

    @Test
    func `calls and tokens of nodes are those of the rows`() throws {
        let answer = report("stats_nodes", (nil, nil))
        let names = ["node_name", "node_type", "calls", "errors", "prompt_tokens", "completion_tokens", "total_tokens"]
        let columns = try names.map { try answer.column($0) }
        let told = (0..<answer.rows.count).map { row in columns.map { $0[row] } }
        let expected = try recorder.rows(
            """
            SELECT n.node_name, n.node_type, count(g.id), coalesce(sum(g.error_message IS NOT NULL), 0),
                sum(g.prompt_tokens), sum(g.completion_tokens), sum(g.total_tokens)
            FROM nodes n LEFT JOIN generations g ON g.node_id = n.id GROUP BY 1, 2
            ORDER BY count(DISTINCT iif(n.started_at IS NOT NULL, n.id, NULL)) DESC, 1, 2
            """)
        #expect(told == expected)
        #expect(expected.contains { $0[6] != .null })
    }

    @Test
    func `calls and tokens of nodes are those that were made in a period, also by nodes that started before it`() throws
    {
        for period in Self.periods {
            let expected = rows(
                """
                SELECT n.node_name, n.node_type, count(*), sum(g.error_message IS NOT NULL), sum(g.prompt_tokens),
                    sum(g.completion_tokens), sum(g.total_tokens)
                FROM generations g JOIN nodes n ON n.id = g.node_id WHERE PERIOD GROUP BY 1, 2 ORDER BY 1, 2
                """, "g.created_at", period)
            let answer = report("stats_nodes", period)
            let names = [
                "node_name", "node_type", "calls", "errors", "prompt_tokens", "completion_tokens", "total_tokens",
            ]
            let columns = try names.map { try answer.column($0) }
            let told = (0..<answer.rows.count).map { row in columns.map { $0[row] } }.filter { $0[2] != .integer(0) }
            #expect(told.map { "\($0)" }.sorted() == expected.map { "\($0)" }.sorted(), "\(period)")
        }
    }

    @Test
    func `workflows of users are those of the rows`() throws {
        for period in Self.periods {
            let expected = rows(
                """
                SELECT u.username, count(*) AS workflows, sum(w.status = 'completed'), sum(w.status = 'failed'),
                    sum(w.status = 'cancelled'), sum(w.status = 'running'), avg(w.status = 'completed'),
                    avg(w.completed_at - w.created_at) FILTER (WHERE w.status = 'completed'),
                    min(w.completed_at - w.created_at) FILTER (WHERE w.status = 'completed'),
                    max(w.completed_at - w.created_at) FILTER (WHERE w.status = 'completed')
                FROM workflows w LEFT JOIN users u ON u.id = w.user_id WHERE PERIOD
                GROUP BY w.user_id ORDER BY workflows DESC, u.username
                """, "w.created_at", period)
            let answer = report("stats_users", period)
            // Who only called models in the period is there too.
            let began = answer.rows.filter { $0[1] != .integer(0) }
            #expect(began.map { Array($0.prefix(10)) } == expected)
            if period.0 == nil && period.1 == nil { #expect(expected.count == 4) }
        }
    }

    @Test
    func `tokens of users are those of their workflows' calls`() throws {
        for period in Self.periods {
            let expected = rows(
                """
                SELECT u.username, count(*), sum(g.error_message IS NOT NULL), sum(g.prompt_tokens),
                    sum(g.completion_tokens), sum(g.total_tokens)
                FROM generations g JOIN workflows w ON w.id = g.workflow_id LEFT JOIN users u ON u.id = w.user_id
                WHERE PERIOD GROUP BY w.user_id ORDER BY u.username
                """, "g.created_at", period)
            let columns = ["username", "calls", "errors", "prompt_tokens", "completion_tokens", "total_tokens"]
            let answer = report("stats_users", period)
            let told = try columns.map { try answer.column($0) }
            let rows = answer.rows.indices.map { row in told.map { $0[row] } }.filter { $0[1] != .integer(0) }
            #expect(Set(rows.map { "\($0)" }) == Set(expected.map { "\($0)" }))
        }
    }

    @Test(arguments: [("p50", 50), ("p90", 90), ("p95", 95), ("p99", 99)])
    func `percentiles are those of the rows, to within one percent`(name: String, percent: Int) throws {
        for period in Self.periods[..<4] {
            let answer = report("stats_nodes", period)
            let (nodes, told) = (try answer.column("node_name"), try answer.column("\(name)_duration_ms"))
            for (node, told) in zip(nodes, told) {
                guard case .integer(let told) = told, case .text(let node) = node else { continue }
                let durations = rows(
                    """
                    SELECT duration_ms FROM nodes
                    WHERE status = 'completed' AND hex(node_name) = '\(node.utf8.map { ($0 < 16 ? "0" : "") + String($0, radix: 16, uppercase: true) }.joined())' AND PERIOD
                    ORDER BY 1
                    """, "started_at", period)
                let rank = max(1, (durations.count * percent + 99) / 100)
                guard case .integer(let exact) = durations[rank - 1][0] else { continue }
                #expect(abs(told - exact) <= exact / 100)
            }
            #expect(nodes.count == 4)
        }
    }

    @Test func `a node that started before a period and called a model in it is there with its call`() throws {
        let recorder = try Recorder()
        let start = now / Self.hour * Self.hour
        try recorder.send(all: [
            workflowStart(identifier(1), at: start), describedStart(identifier(2), in: identifier(1), at: start + 1),
            generation(identifier(3), in: identifier(1), node: identifier(2), at: start + Self.hour) {
                $0.totalTokens = 7
            },
        ])
        let reader = try StoreReader(path: recorder.database.path)
        let period: [String: Value] = ["since": .integer(start + Self.hour), "until": .integer(start + 2 * Self.hour)]
        for (name, by) in [("stats_nodes", nil), ("stats_nodes_by", Value.text("hour"))] {
            var arguments = period
            arguments["by"] = by
            let answer = reader.report(name, arguments)
            #expect(try answer.column("executions") == [.integer(0)])
            #expect(try answer.column("calls") == [.integer(1)] && answer.column("total_tokens") == [.integer(7)])
        }
    }

    @Test func `a period is widened to whole hours`() {
        let wide = report("stats_nodes", (now / Self.hour * Self.hour - 30 * Self.hour, now / Self.hour * Self.hour))
        let narrow = report(
            "stats_nodes",
            (now / Self.hour * Self.hour - 29 * Self.hour - 1, now / Self.hour * Self.hour - Self.hour + 1))
        #expect(wide.rows == narrow.rows && !wide.rows.isEmpty)
    }

    @Test func `periods of any size and sign are answered`() {
        for period in [(-1, Int64.max), (Int64.min, Int64.max), (Int64.max, Int64.min), (0, -1)] as [(Int64, Int64)] {
            for name in ["stats_nodes", "stats_users", "stats_models"] {
                #expect(report(name, period).rows.isEmpty == (period.1 < 0))
            }
        }
    }

    @Test func `counts are those of the rows`() throws {
        let counts = reader.report("counts")
        for (name, sql) in [
            ("users", "users"), ("rejected_records", "rejected_records"), ("workflows", "workflows"),
            ("nodes", "nodes"), ("generations", "generations"),
            ("workflows_running", "workflows WHERE status = 'running'"),
            ("workflows_completed", "workflows WHERE status = 'completed'"),
            ("workflows_failed", "workflows WHERE status = 'failed'"),
            ("workflows_cancelled", "workflows WHERE status = 'cancelled'"),
        ] {
            let count = try recorder.value("SELECT count(*) FROM \(sql)")
            #expect(count != .integer(0))
            #expect(counts.rows.contains([.text(name), count]), "\(name)")
        }
    }

    @Test(arguments: ["counts", "stats_nodes", "stats_models", "stats_users"])
    func `neither counts nor statistics read the tables that grow`(name: String) throws {
        let report = try #require(Reports.named(name))
        let parameters = name == "counts" ? 3 : 2
        let plan = reader.ask(
            .sql(
                text: "EXPLAIN QUERY PLAN " + report.sql([]),
                parameters: Array(repeating: .integer(1), count: parameters)))
        #expect(plan.summary.code == .ok, "\(plan.summary.message)")
        let lines = try plan.column("detail").compactMap { if case .text(let line) = $0 { line } else { nil } }
        #expect(lines.contains { $0.hasPrefix("SEARCH r") })
        for table in ["rollups", "r", "u", "users", "workflows", "nodes", "generations", "rejected_records"] {
            #expect(!lines.contains { $0 == "SCAN \(table)" || $0.hasPrefix("SCAN \(table) ") }, "\(lines)")
        }
    }

    @Test func `the function counts nothing of what is no rollup`() {
        let answer = reader.sql(
            """
            SELECT rollup_count(x'ffff', -1), rollup_count('a', 1), rollup_count(NULL, NULL),
                rollup_count(rollup_merge(x'ff'), -1), rollup_count(x'0205', 4)
            """)
        #expect(answer.rows == [[.null, .null, .null, .null, .integer(5)]])
    }
}
