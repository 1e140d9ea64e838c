import Testing
import TracewireProtocol

@testable import TracewireStore

/// The reports by hour and day beside plain SQL over the rows.
struct PeriodStatisticsTests {
    private static let hour: Int64 = 3_600_000
    private let reader: StoreReader
    private let recorder: Recorder

    /// Ten days, of which the first are folded up to within the last one.
    init() throws {
        recorder = try Recorder()
        try recorder.send(all: RandomTraffic.users.map { user($0, at: 1) })
        var traffic = RandomTraffic(seed: 9, until: Recorder.now, days: 10)
        for records in traffic.batches(traffic.records(runs: 150)) { try recorder.send(all: records) }
        let writer = recorder.writer
        try writer.write { () throws(StoreError) in
            while try writer.applier.rollups.fold(nowMs: Recorder.now - 30 * Self.hour) {}
        }
        reader = try StoreReader(path: recorder.database.path)
    }

    private func report(_ name: String, by unit: String, _ since: Int64, _ until: Int64) -> Answer {
        reader.report(name, ["by": .text(unit), "since": .integer(since), "until": .integer(until)])
    }

    /// Whole days and hours, and times within them: before, at and behind the horizon, and where nothing is.
    private static let spans: [(Int64, Int64)] = {
        let now = Recorder.now / hour * hour
        return [
            (now - 15 * 24 * hour, now + 24 * hour), (now - 60 * hour - 1, now - 5 * hour + 1),
            (now - 200 * hour, now - 100 * hour), (now - 31 * hour, now - 29 * hour), (now - 3, now),
            (now - 24 * 30 * hour, now - 24 * 29 * hour), (now, now - hour), (now, now),
        ]
    }()

    @Test(arguments: [("hour", Int64(1)), ("day", 24)], spans)
    func `a period has what its rows have, and one without any is not there`(
        unit: (name: String, hours: Int64), span: (Int64, Int64)
    ) throws {
        let length = unit.hours * Self.hour
        let (since, until) = (span.0 / length * length, (span.1 + length - 1) / length * length)
        let parameters: [Value] = [.integer(length), .integer(since), .integer(span.0 < span.1 ? until : since)]
        func rows(_ sql: String) -> [[Value]] {
            let answer = reader.ask(.sql(text: sql, parameters: parameters))
            #expect(answer.summary.code == .ok, "\(answer.summary.message)")
            return answer.rows
        }
        let nodes = rows(
            """
            SELECT node_name, node_type, started_at / ?1 * ?1 AS period, count(*), sum(status = 'failed')
            FROM nodes WHERE started_at >= ?2 AND started_at < ?3 GROUP BY 1, 2, 3 ORDER BY 3, 1, 2
            """)
        let started = report("stats_nodes_by", by: unit.name, span.0, span.1).rows.filter { $0[3] != .integer(0) }
        #expect(started.map { Array($0.prefix(5)) } == nodes)
        let models = rows(
            """
            SELECT model_name, model_provider, created_at / ?1 * ?1 AS period, count(*),
                sum(error_message IS NOT NULL), avg(latency_ms), sum(prompt_tokens), sum(completion_tokens),
                sum(total_tokens), min(latency_ms), max(latency_ms)
            FROM generations WHERE created_at >= ?2 AND created_at < ?3 GROUP BY 1, 2, 3 ORDER BY 3, 1, 2
            """)
        #expect(report("stats_models_by", by: unit.name, span.0, span.1).rows.map { Array($0.prefix(11)) } == models)
        let users = rows(
            """
            SELECT u.username, w.created_at / ?1 * ?1 AS period, count(*), sum(w.status = 'completed'),
                sum(w.status = 'failed'), sum(w.status = 'cancelled'), sum(w.status = 'running')
            FROM workflows w LEFT JOIN users u ON u.id = w.user_id WHERE w.created_at >= ?2 AND w.created_at < ?3
            GROUP BY 1, 2 ORDER BY 2, 1
            """)
        // Who only called models in a period is there too.
        let began = report("stats_users_by", by: unit.name, span.0, span.1).rows.filter { $0[2] != .integer(0) }
        #expect(began.map { Array($0.prefix(7)) } == users)
    }

    @Test(arguments: [("stats_users", 1), ("stats_nodes", 2), ("stats_models", 2)])
    func `the periods of a day are all of it`(report: (name: String, keys: Int)) throws {
        let now = Recorder.now / (24 * Self.hour) * 24 * Self.hour
        let days = self.report(report.name + "_by", by: "day", now, now + 1).rows
        let whole = reader.report(report.name, ["since": .integer(now), "until": .integer(now + 24 * Self.hour)])
        let flat = days.map { row in Array(row[..<report.keys] + row[(report.keys + 1)...]) }
        #expect(Set(flat.map { "\($0)" }) == Set(whole.rows.map { "\($0)" }) && !flat.isEmpty)
    }

    @Test(arguments: ["stats_users_by", "stats_nodes_by", "stats_models_by"])
    func `more periods than there may be are refused with what to ask instead`(name: String) {
        let start = 400 * 24 * Self.hour
        for (unit, most, advice) in [
            ("hour", 744 * Self.hour, "ask by day"), ("day", 731 * 24 * Self.hour, "less time"),
        ] {
            #expect(report(name, by: unit, start, start + most).summary.code == .ok)
            #expect(report(name, by: unit, start - 1, start + most - 1).summary.code == .invalidArgument)
            let refused = report(name, by: unit, start, start + most + 1)
            #expect(refused.summary.code == .invalidArgument && refused.summary.message.contains(advice))
            #expect(report(name, by: unit, .min, .max).summary.code == .invalidArgument)
            #expect(report(name, by: unit, .max, .min).rows.isEmpty)
            #expect(report(name, by: unit, .max - 1, .max).summary.code == .ok)
        }
        #expect(report(name, by: "week", 0, 1).summary.message == "by of \(name) has to be hour or day")
        #expect(reader.report(name, ["by": .text("day"), "since": .integer(0)]).summary.code == .invalidArgument)
    }

    @Test(arguments: ["stats_users_by", "stats_nodes_by", "stats_models_by"])
    func `they read rollups alone`(name: String) throws {
        let report = try #require(Reports.named(name))
        let plan = reader.ask(
            .sql(
                text: "EXPLAIN QUERY PLAN " + report.sql([]),
                parameters: [.text("day"), .integer(1), .integer(1)]))
        #expect(plan.summary.code == .ok, "\(plan.summary.message)")
        let lines = try plan.column("detail").compactMap { if case .text(let line) = $0 { line } else { nil } }
        #expect(lines.contains { $0.hasPrefix("SEARCH r USING INTEGER PRIMARY KEY (rowid>? AND rowid<?)") }, "\(lines)")
        for table in ["r", "k", "u", "workflows", "nodes", "generations"] {
            #expect(!lines.contains { $0 == "SCAN \(table)" || $0.hasPrefix("SCAN \(table) ") }, "\(lines)")
        }
    }
}
