import Testing
import TracewireProtocol

@testable import TracewireStore

/// The rollups beside the rows that they count.
struct RollupTests {
    private let recorder: Recorder
    private let now = Recorder.now

    init() throws {
        recorder = try Recorder()
        try recorder.send(all: RandomTraffic.users.map { user($0, at: Recorder.now - 20 * 86_400_000) })
    }

    private func differences() throws -> [RollupDifference] {
        try recorder.writer.rollupDifferences(limit: 5)
    }

    private func horizon() throws -> Value {
        try recorder.value("SELECT hour FROM rollup_horizon")
    }

    /// Deletes a workflow and what belongs to it, as pruning does.
    private func remove(_ id: Int64) throws {
        try recorder.writer.write { () throws(StoreError) in
            try recorder.writer.removeFromRollups(workflow: id)
            for table in ["generations", "nodes"] {
                try recorder.writer.connection.execute("DELETE FROM \(table) WHERE workflow_id = \(id)")
            }
            try recorder.writer.connection.execute("DELETE FROM workflows WHERE id = \(id)")
        }
        recorder.writer.applier.forget()
    }

    private func workflowIDs() throws -> [Int64] {
        try recorder.rows("SELECT id FROM workflows").compactMap {
            if case .integer(let id) = $0[0] { id } else { nil }
        }
    }

    @Test(arguments: 1...4 as ClosedRange<UInt64>)
    func `they equal a recomputation after random traffic, retries, silence and pruning`(seed: UInt64) throws {
        var traffic = RandomTraffic(seed: seed, until: now, days: 12)
        for round in 0..<8 {
            let batches = traffic.batches(traffic.records(runs: 12)) + [traffic.late(), traffic.late()]
            for records in batches { try recorder.send(all: records) }
            if round % 3 == 1 { try recorder.reopen() }
            for id in try workflowIDs() where traffic.chance(round < 4 ? 10 : 40) { try remove(id) }
            if round == 5 {
                _ = try recorder.writer.failSilentWorkflows(silentForMs: 1, nowMs: now, limit: 0)
                #expect(try recorder.writer.failSilentWorkflows(silentForMs: 1, nowMs: now + 20_000, limit: 9) > 0)
            }
            #expect(try differences() == [], "round \(round)")
            // Now without what is still looked for.
            if round % 2 == 0 { while try recorder.restoreExtremes(rows: 100) {} }
            #expect(try differences() == [], "round \(round)")
        }
        #expect(try horizon() != .integer(0))
        for id in try workflowIDs() { try remove(id) }
        #expect(try differences() == [])
        // What is left is about users and rejected records.
        #expect(try recorder.value("SELECT count(*) FROM rollups WHERE id >= 1 << 61") == .integer(0))
    }

    @Test(arguments: 1...3 as ClosedRange<UInt64>)
    func `they equal a recomputation after each step of pruning runs that came out of order`(seed: UInt64) throws {
        var traffic = RandomTraffic(seed: seed, until: now, days: 3)
        for _ in 0..<4 {
            for records in traffic.batches(traffic.records(runs: 25)) { try recorder.send(all: records) }
            try recorder.send(all: traffic.late())
        }
        let starts = try recorder.rows("SELECT created_at FROM workflows ORDER BY id")
        let sorted = try recorder.rows("SELECT created_at FROM workflows ORDER BY created_at")
        #expect(starts != sorted)
        for before in [now - 2 * 86_400_000, now - 86_400_000, now + 1 + HeardTimes.grainMs] {
            var hasMore = true
            while hasMore {
                hasMore = try recorder.writer.prune(before: before, limit: 7).hasMore
                #expect(try differences() == [])
            }
            #expect(try recorder.lostExtremes() == .integer(0))
        }
        #expect(try workflowIDs().count < 20)
    }

    @Test func `a commit that fails leaves them as they were`() throws {
        try recorder.send(workflowStart(identifier(1), at: now))
        #expect(throws: StoreError.self) {
            try recorder.writer.write { () throws(StoreError) in
                try recorder.writer.removeFromRollups(workflow: 1)
                throw StoreError(.io, "the disk failed")
            }
        }
        try recorder.send(workflowEnd(identifier(1), at: now + 5))
        #expect(try differences() == [])
    }

    @Test func `more changes than are gathered at a time are all written`() throws {
        let hour: Int64 = 3_600_000
        try recorder.send(all: [workflowStart(identifier(1), at: now)])
        let calls = (0..<3_000).map { generation(identifier(UInt64(10 + $0)), in: identifier(1), at: Int64($0) * hour) }
        try recorder.send(all: calls)
        #expect(try recorder.value("SELECT count(*) FROM generations") == .integer(3_000))
        #expect(try differences() == [])
        try remove(1)
        #expect(try differences() == [])
    }

    @Test func `hours that have passed are folded, and a wrong clock moves nothing`() throws {
        let hour: Int64 = 3_600_000
        let first = now - 100 * hour
        let recorder = try Recorder()
        func horizon() throws -> Value {
            try recorder.value("SELECT hour FROM rollup_horizon")
        }
        try recorder.send(
            workflowStart(identifier(1), at: first), workflowStart(identifier(2), at: 250_000_000_000_000))
        #expect(try horizon() == .integer(0))
        // A commit folds one hour.
        try recorder.send(workflowStart(identifier(3), at: now))
        #expect(try horizon() == .integer(first / hour + 1))
        for number in 4...6 as ClosedRange<UInt64> { try recorder.send(workflowStart(identifier(number), at: now)) }
        #expect(try horizon() == .integer(now / hour - Rollups.unfoldedHours))
        // What comes late counts in its day and the total at once.
        try recorder.send(workflowStart(identifier(7), at: first + 1))
        #expect(try recorder.writer.rollupDifferences(limit: 5) == [])
    }

    @Test func `a rebuild mends what is damaged, and comparing names it`() throws {
        var traffic = RandomTraffic(seed: 9, until: now, days: 3)
        for records in traffic.batches(traffic.records(runs: 20)) { try recorder.send(all: records) }
        let id = try recorder.value("SELECT max(id) FROM rollups")
        let plain = try PlainConnection(recorder.database.path)
        try plain.execute("UPDATE rollups SET cells = x'ff' WHERE id = (SELECT max(id) FROM rollups)")
        try plain.execute("DELETE FROM rollups WHERE id = (SELECT min(id) FROM rollups WHERE id > 0)")
        try plain.execute("INSERT INTO rollups (id, cells) VALUES (7, x'0201')")
        guard case .integer(let damaged) = id else { return }
        let found = try differences()
        #expect(found.map(\.kind) == [.missing, .different, .unfounded])
        #expect(found[1] == RollupDifference(.different, RollupPlace(id: damaged)))
        #expect(found[1].description.hasPrefix("different: users "))
        #expect(try recorder.writer.rollupDifferences(limit: 1).count == 1)
        // Traffic goes on over what is damaged.
        try recorder.send(all: traffic.records(runs: 3))
        try recorder.writer.rebuildRollups(nowMs: now)
        #expect(try differences() == [])
        try recorder.send(all: traffic.records(runs: 3))
        #expect(try differences() == [])
    }

    @Test func `an older database gets them when it is migrated`() throws {
        let database = try TemporaryDatabase()
        let plain = try PlainConnection(database.path, create: true)
        try plain.execute("PRAGMA application_id = \(Migrations.applicationID)")
        try plain.execute(Schema.version1)
        try plain.execute(
            """
            PRAGMA user_version = 1;
            INSERT INTO workflows (id, uuid, name, status, created_at, updated_at, completed_at)
            VALUES (1, x'01', 'planner', 'completed', 1000, 4000, 4000);
            INSERT INTO nodes (id, uuid, workflow_id, node_name, node_type, execution_order, status, started_at, duration_ms)
            VALUES (1, x'01', 1, 'plan', 'llm', 1, 'completed', 2000, 500);
            """)
        let writer = try StoreWriter(path: database.path)
        #expect(try writer.rollupDifferences(limit: 5) == [])
        #expect(try PlainConnection(database.path).value("SELECT count(*) FROM rollups WHERE id >= 0") == .integer(3))
        writer.close()
    }
}
