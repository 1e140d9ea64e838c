import Testing
import TracewireProtocol

@testable import TracewireStore

/// A database of an older version becomes one of the newest, with everything that was in it.
struct MigrationTests {
    private let database: TemporaryDatabase

    /// Version 1 with three workflows of last year, of which the first one's node and the second one's generation tell
    /// the latest time, and the third one's clock is a year ahead.
    init() throws {
        database = try TemporaryDatabase()
        let plain = try PlainConnection(database.path, create: true)
        try plain.execute("PRAGMA application_id = \(Migrations.applicationID)")
        try plain.execute(Schema.version1)
        try plain.execute(
            """
            PRAGMA user_version = 1;
            INSERT INTO users VALUES (1, x'01', 'kim', NULL, 1, 1);
            INSERT INTO workflows (id, uuid, user_id, name, status, created_at, updated_at, user_input)
            VALUES (1, x'01', 1, 'planner', 'running', 1000, 1000, '홍대'), (2, x'02', 1, 'planner', 'running', 1000, 1000, NULL),
                (5, x'05', NULL, 'other', 'running', 1000, 9000000000000, NULL);
            INSERT INTO nodes (id, uuid, workflow_id, node_name, node_type, execution_order, status, pending_at, started_at)
            VALUES (1, x'01', 1, 'plan', 'llm', 1, 'running', 2000, 3000);
            INSERT INTO generations (id, uuid, workflow_id, model_name, created_at) VALUES (1, x'01', 2, 'gpt-4o', 4000);
            """)
    }

    private func migrated() throws -> PlainConnection {
        try StoreWriter(path: database.path).close()
        return try PlainConnection(database.path)
    }

    @Test func `what was there stays, and is whole`() throws {
        let plain = try migrated()
        #expect(try plain.value("PRAGMA user_version") == .integer(Migrations.newestVersion))
        #expect(try plain.value("PRAGMA integrity_check") == .text("ok"))
        #expect(try plain.rows("PRAGMA foreign_key_check") == [])
        let rows = try plain.rows("SELECT id, user_id, name, created_at, user_input FROM workflows ORDER BY id")
        #expect(
            rows == [
                [.integer(1), .integer(1), .text("planner"), .integer(1_000), .text("홍대")],
                [.integer(2), .integer(1), .text("planner"), .integer(1_000), .null],
                [.integer(5), .null, .text("other"), .integer(1_000), .null],
            ])
        #expect(try plain.value("SELECT count(*) FROM nodes JOIN workflows w ON w.id = workflow_id") == .integer(1))
    }

    @Test func `a database of version 9 learns which calls were made in its nodes`() throws {
        let recorder = try Recorder()
        var traffic = RandomTraffic(seed: 9, until: Recorder.now, days: 1)
        try recorder.send(all: RandomTraffic.users.map { user($0, at: 1) })
        for records in traffic.batches(traffic.records(runs: 30)) { try recorder.send(all: records) }
        recorder.writer.close()
        // As if nothing had been counted: what that version had is made anew.
        try PlainConnection(recorder.database.path).execute("DELETE FROM rollups; PRAGMA user_version = 9")
        try recorder.reopen()
        #expect(try recorder.writer.rollupDifferences(limit: 5) == [])
        let nodes = try StoreReader(path: recorder.database.path).report("stats_nodes")
        #expect(try nodes.column("calls").contains { $0 != .integer(0) })
    }

    @Test func `a database of version 7 learns to note which values its rollups have lost`() throws {
        let recorder = try Recorder()
        var traffic = RandomTraffic(seed: 7, until: Recorder.now, days: 1)
        try recorder.send(all: RandomTraffic.users.map { user($0, at: 1) })
        for records in traffic.batches(traffic.records(runs: 60)) { try recorder.send(all: records) }
        recorder.writer.close()
        try PlainConnection(recorder.database.path).execute(
            """
            DROP INDEX rejected_records_workflow; DROP INDEX parked_records_workflow;
            ALTER TABLE rejected_records DROP COLUMN workflow; ALTER TABLE parked_records DROP COLUMN workflow;
            DROP TABLE lost_extremes; PRAGMA user_version = 7
            """)
        try recorder.reopen()
        #expect(try recorder.value("PRAGMA user_version") == .integer(Migrations.newestVersion))
        let before = Recorder.now - 20_000_000
        for _ in 0..<10 { _ = try recorder.writer.prune(before: before, limit: 1) }
        #expect(try recorder.lostExtremes() != .integer(0))
        while try recorder.writer.prune(before: before, limit: 20).hasMore {}
        #expect(try recorder.lostExtremes() == .integer(0))
        #expect(try recorder.writer.rollupDifferences(limit: 5) == [])
        #expect(try recorder.value("SELECT count(*) > 5 FROM workflows") == .integer(1))
    }

    @Test func `a migrated workflow was heard of at the latest time it tells, and not in the future`() throws {
        let plain = try migrated()
        let heard = try plain.rows("SELECT heard_at FROM workflows ORDER BY id").map { $0[0] }
        #expect(heard.prefix(2) == [.integer(3_000), .integer(4_000)])
        let limit = try plain.value("SELECT heard_at <= strftime('%s', 'now') * 1000 FROM workflows WHERE id = 5")
        #expect(limit == .integer(1))
    }
}
