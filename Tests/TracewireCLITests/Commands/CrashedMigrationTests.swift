import Foundation
import Testing
import TracewireProtocol

@testable import TracewireStore

private let takesEveryStep = ProcessInfo.processInfo.environment["TRACEWIRE_EVERY_STEP"] == "1"

/// A collector dies, as with `kill -9`, at calls with which SQLite changes a file while it brings an older database up to date.
/// `Scripts/crash.c` counts those calls, and kills it. Then the power goes, too: `Torture/preload/faults.c` keeps what was synced.
///
/// `TRACEWIRE_EVERY_STEP=1` lets it die at every single call from every version on (Torture/README.md).
@Suite(
    "A migration that is broken off loses nothing", .serialized,
    .timeLimit(.minutes(takesEveryStep ? 240 : 10)))
struct CrashedMigrationTests {
    private let directory: TestDirectory

    init() async throws {
        directory = try TestDirectory()
        for (name, source) in [("crash", Paths.script("crash.c")), ("faults", Paths.faults)] {
            let compiled = try await Program(executable: URL(filePath: "/usr/bin/env")).run(
                ["clang", "-shared", "-fPIC", "-O1", "-o", directory.file("\(name).so"), source, "-ldl", "-lpthread"])
            try #require(compiled.exit == 0, "\(compiled.errors)")
        }
    }

    private static let rows = """
        INSERT INTO users VALUES (1, x'01', 'kim', NULL, 1, 1), (2, x'02', 'lee', 'lee@mail.example', 2, 2);
        INSERT INTO workflows (id, uuid, user_id, name, status, created_at, updated_at, completed_at, user_input)
        VALUES (1, x'01', 1, 'planner', 'running', 1000, 1000, NULL, '홍대'),
            (2, x'02', 1, 'planner', 'completed', 1000, 5000, 5000, NULL),
            (5, x'05', NULL, 'other', 'failed', 9000000, 9000900, 9000900, NULL);
        INSERT INTO nodes (id, uuid, workflow_id, node_name, node_type, execution_order, status, pending_at, started_at,
            completed_at, duration_ms, state_data)
        VALUES (1, x'01', 1, 'plan', 'llm', 1, 'running', 2000, 3000, NULL, NULL, NULL),
            (2, x'02', 2, 'plan', 'llm', 1, 'completed', NULL, 3000, 3500, 500, '{"areas":["성수","연남"]}'),
            (3, x'03', 5, 'rank', 'tool', 2, 'failed', NULL, 9000100, 9000200, 100, NULL);
        INSERT INTO generations (id, uuid, workflow_id, node_id, model_name, total_tokens, latency_ms, created_at, output)
        VALUES (1, x'01', 2, 2, 'gpt-4o', 120, 400, 4000, '좋아요'), (2, x'02', 5, NULL, 'solar-pro', NULL, NULL, 9000150, NULL);
        INSERT INTO producers VALUES (x'07', 3, 12, 'a client', 1, 2);
        INSERT INTO rejected_records (producer, sequence, record_index, code, message, received_at, record)
        VALUES (x'07', 4, 0, 'illegal_transition', 'no', 5, x'0102');
        INSERT INTO parked_records (producer, sequence, record_index, kind, waits_for_kind, waits_for, received_at, record)
        VALUES (x'07', 5, 1, 'node.end', 'node', '0199c8aa-0001-7000-9000-000000000001', 6, x'0304');
        """

    /// What has to be there in the end: what every version has of its tables.
    private static let kept = [
        "users": "*",
        "workflows": "id, uuid, user_id, name, status, created_at, updated_at, completed_at, user_input",
        "nodes":
            "id, uuid, workflow_id, node_name, node_type, execution_order, status, pending_at, started_at, completed_at, duration_ms, state_data",
        "generations":
            "id, uuid, workflow_id, node_id, model_name, total_tokens, latency_ms, created_at, output",
        "producers": "id, epoch, last_sequence, client_name, first_seen, last_seen",
        "rejected_records": "id, producer, sequence, record_index, code, message, received_at, record",
        "parked_records": "id, producer, sequence, record_index, kind, waits_for_kind, waits_for, received_at, record",
    ]

    /// A database of that version, with rows that were there from the first one on.
    private func makeDatabase(_ version: Int64) throws -> String {
        let path = directory.file("version\(version).db")
        #expect(FileManager.default.createFile(atPath: path, contents: nil))
        let connection = try Connection(path: path, flags: 0x2)
        try Migrations.migrate(connection, path: path, to: 1)
        try connection.execute(Self.rows)
        try Migrations.migrate(connection, path: path, to: version)
        try connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        return path
    }

    /// Starts a collector and stops it as soon as it serves. Returns how it ended.
    private func serve(_ database: String, crashingAt call: Int, counting: String? = nil) async throws -> Int32 {
        var environment = [
            "LD_PRELOAD": "\(directory.file("faults.so")):\(directory.file("crash.so"))",
            "CRASH_FILES": database, "CRASH_AT": "\(call)",
            "TORTURE_FAULTS": directory.file("faults"), "TORTURE_DURABLE": directory.file("disk"),
        ]
        environment["CRASH_COUNT"] = counting
        let process = try Program(environment: environment).prepare(
            ["serve", "--listen", "127.0.0.1:0", "--database", database], directory)
        let pipe = Pipe()
        process.standardOutput = pipe
        let ended = try process.started()
        try? pipe.fileHandleForWriting.close()
        if try await !pipe.fileHandleForReading.firstLine().isEmpty { kill(process.processIdentifier, SIGTERM) }
        await ended.value
        return process.terminationStatus
    }

    /// Opens the database as the next collector does, and compares what is there with what had been there.
    private func expectEverything(_ path: String, _ expected: [String: [[Value]]], _ place: String) throws {
        let writer = try StoreWriter(path: path)
        #expect(try writer.connection.integer("PRAGMA user_version") == Migrations.newestVersion, "\(place)")
        #expect(try writer.rollupDifferences(limit: 5) == [], "\(place)")
        #expect(try rows(writer.connection) == expected, "\(place)")
        writer.close()
        var problems: [[Value]] = []
        let summary = try StoreReader(path: path).run(
            Query(.report(name: "check", arguments: [:]), credit: 0), limits: QueryLimits(), control: QueryControl(),
            columns: { _ in }, rows: { problems += try Rows(decoding: $0.span).rows })
        #expect(summary.code == .ok && problems == [], "\(place)")
    }

    private func rows(_ connection: Connection) throws -> [String: [[Value]]] {
        try Self.kept.reduce(into: [:]) { rows, table in
            let statement = try Statement(connection, "SELECT \(table.value) FROM \(table.key) ORDER BY id")
            while try statement.step() {
                let row = (0..<statement.columnCount).map { column -> Value in
                    statement.isBlob(column) ? .blob(Array(statement.bytes(column))) : .text(statement.text(column))
                }
                rows[table.key, default: []].append(row)
            }
        }
    }

    private func copy(_ path: String, to copy: String) throws {
        for suffix in ["", "-wal", "-shm", "-journal"] {
            try? FileManager.default.removeItem(atPath: copy + suffix)
            if FileManager.default.fileExists(atPath: path + suffix) {
                try FileManager.default.copyItem(atPath: path + suffix, toPath: copy + suffix)
            }
        }
    }

    /// What is on the disk before the collector starts, and whose files are kept there: `struct control` of `faults.c`.
    private func makeDisk(_ original: String) throws {
        let disk = directory.file("disk")
        try? FileManager.default.removeItem(atPath: disk)
        try FileManager.default.createDirectory(atPath: disk, withIntermediateDirectories: true)
        try copy(original, to: "\(disk)/traces.db")
        var control = Data(count: 64) + Data("traces.db".utf8)
        control.count = 64 + 192 + 8 * 64 + 8 * 65536
        try control.write(to: URL(filePath: directory.file("faults")))
    }

    @Test(
        "from version 1 on at every write, sync and change of length, from each other at some sixteen of them",
        arguments: 0..<Migrations.newestVersion)
    func step(version: Int64) async throws {
        let original = version == 0 ? directory.file("none.db") : try makeDatabase(version)
        let path = directory.file("traces.db")
        let counts = directory.file("count")
        try copy(original, to: path)
        try makeDisk(original)
        let expected = version == 0 ? [:] : try rows(try Connection(path: path, flags: 0x2))
        #expect(version == 0 || expected.count == Self.kept.count)
        #expect(try await serve(path, crashingAt: 0, counting: counts) == 0)
        let count = try #require(Int(String(decoding: try directory.read("count"), as: UTF8.self).dropLast()))
        #expect(count > 10)
        try expectEverything(path, expected, "version \(version)")
        // Version 1 goes every way that there is; of the others, whose ways are the ends of it, some calls are enough.
        let stride = version == 1 || takesEveryStep ? 1 : max(1, count / 16)
        for call in Swift.stride(from: 1 + Int(version) % stride, through: count, by: stride) {
            try copy(original, to: path)
            try makeDisk(original)
            #expect(try await serve(path, crashingAt: call) == SIGKILL, "version \(version), call \(call) of \(count)")
            try expectEverything(path, expected, "version \(version), call \(call) of \(count)")
            try copy(directory.file("disk/traces.db"), to: path)
            try expectEverything(path, expected, "version \(version), call \(call) of \(count), without power")
        }
    }
}
