import Foundation
import Testing

@Suite("backup, check and prune")
struct OperationsTests {
    @Test("a backup of a live database can be served, and holds what was there")
    func backup() async throws {
        let directory = try TestDirectory()
        let collector = try await CollectorProcess(directory: directory)
        let events = try await Traffic.write(.planner, seed: 3, workflows: 4, to: directory)
        #expect(try await collector.run("import", events).exit == 0)
        let made = try await collector.run("backup", directory.file("copy.db"))
        #expect(made.exit == 0, "\(made.errors)")
        #expect(made.text.contains(directory.file("copy.db")))
        let again = try await collector.run("backup", directory.file("copy.db"))
        #expect(again.exit == 2)
        #expect(again.errors.contains("exists already") && again.errors.contains("--force"))
        for path in [directory.path, directory.path + "/"] {
            let refused = try await collector.run("backup", path, "--force")
            #expect(refused.exit == 2)
            #expect(refused.errors.contains("\(path) is a directory"))
        }
        #expect(try await collector.run("backup", directory.file("copy.db"), "--force").exit == 0)

        let second = try await CollectorProcess(directory: directory, database: "copy.db")
        let checked = try await second.run("check")
        #expect(checked.exit == 0)
        #expect(checked.text.contains("nothing is wrong"))
        let exported = try await second.run("export")
        try exported.output.write(to: URL(filePath: directory.file("exported.ndjson")))
        try await Traffic.expectEqual(events, directory.file("exported.ndjson"))
    }

    @Test("a plain database holds every value in its row, for any SQLite")
    func plainDatabase() async throws {
        let directory = try TestDirectory()
        let collector = try await CollectorProcess(directory: directory)
        let events = try await Traffic.write(.planner, seed: 8, workflows: 20, to: directory)
        _ = try await collector.run("import", events)
        let plain = directory.file("plain.db")
        let made = try await collector.run("export", "--sqlite", plain)
        #expect(made.exit == 0, "\(made.errors)")
        let sqlite = Program(executable: URL(filePath: "/usr/bin/env"))
        for table in ["users", "workflows", "nodes", "generations"] {
            // The same columns, in another order, and sums of `sheds`; the identifier as text.
            let columns = try await sqlite.run([
                "sqlite3", plain,
                "SELECT group_concat(name) FROM pragma_table_info('\(table)') "
                    + "WHERE name NOT IN ('uuid', 'shed_records', 'shed_payloads')",
            ]).lines[0]
            let sql = "SELECT \(columns) FROM \(table) ORDER BY id"
            let expected = try await collector.run("sql", sql, "--format", "json")
            let read = try await Program.python("read_rows.py", [plain, sql])
            #expect(read.exit == 0, "\(read.errors)")
            #expect(try Self.texts(expected) == Self.texts(read), "\(table)")
        }
        let checked = try await sqlite.run(["sqlite3", plain, "PRAGMA foreign_key_check; PRAGMA integrity_check"])
        #expect(checked.lines == ["ok"])
        #expect(try await collector.run("export", "--sqlite", plain).exit == 2)
        #expect(try await collector.run("export", "--sqlite", plain, "--force").exit == 0)
        #expect(try await collector.run("export", "--sqlite", directory.file("none/plain.db")).exit == 1)
        // The collector's own database, which is in use.
        let refused = try await collector.run("export", "--sqlite", directory.file("traces.db"), "--force")
        #expect(refused.exit == 2)
        #expect(refused.errors.contains("traces.db-wal"))
        #expect(try await collector.run("check").exit == 0)
    }

    /// The rows of a JSON answer, JSON columns as the values they stand for in both.
    private static func texts(_ outcome: Outcome) throws -> [[String: String]] {
        try outcome.rows().map { row in
            try row.mapValues { value in
                guard let text = value as? String else { return try Self.text(value) }
                let parsed = try? JSONSerialization.jsonObject(with: Data(text.utf8), options: .fragmentsAllowed)
                return try Self.text(parsed ?? text)
            }
        }
    }

    private static func text(_ value: Any) throws -> String {
        String(
            decoding: try JSONSerialization.data(withJSONObject: [value], options: .sortedKeys), as: UTF8.self)
    }

    @Test("what is damaged is named, and the exit code says so")
    func check() async throws {
        let directory = try TestDirectory()
        var collector = try await CollectorProcess(directory: directory)
        let events = try await Traffic.write(.planner, seed: 4, workflows: 2, to: directory)
        #expect(try await collector.run("import", events).exit == 0)
        #expect(await collector.end(SIGTERM) == 0)
        try spoil(
            directory.file("traces.db"),
            "UPDATE segments SET data = zeroblob(100) WHERE start = (SELECT max(start) FROM segments)")
        collector = try await CollectorProcess(directory: directory)
        let checked = try await collector.run("check", "--format", "json")
        #expect(checked.exit == 1)
        #expect(try checked.rows().contains { $0["subject"] as? String == "segment" })
        #expect(try checked.rows().contains { $0["subject"] as? String == "value" })
        #expect(try await collector.run("workflows").exit == 0)
        // All but the damaged values is shown and exported.
        for run in ["1", "2"] {
            let shown = try await collector.run("show", run)
            #expect(shown.text.contains("date_course") && shown.text.contains(" tokens"), "\(shown.text)")
        }
        // All values, as the last segment may have those alone that the tree leaves out.
        let lost = try await collector.run("show", "2", "--payloads")
        #expect(lost.exit == 1 && lost.errors.contains("'tracewire check' names them"))
        let exported = try await collector.run("export")
        #expect(exported.exit == 1 && exported.errors.contains("were left out"))
        #expect(
            exported.lines.count == (try String(contentsOfFile: events, encoding: .utf8)).split(separator: "\n").count)
        let plain = try await collector.run("export", "--sqlite", directory.file("plain.db"))
        #expect(plain.exit == 1)
        let sqlite = Program(executable: URL(filePath: "/usr/bin/env"))
        let rows = try await sqlite.run(["sqlite3", directory.file("plain.db"), "SELECT count(*) FROM workflows"])
        #expect(rows.lines == ["2"])
        for form in ["--csv", "--otlp"] {
            let outcome = try await collector.run("export", form, directory.file("export\(form)"))
            #expect(outcome.exit == 1 && outcome.errors.contains("were left out"))
        }
        // A value that is lost is as one that was not sent.
        try await ExportOracles(collector, fails: true).expectCSV(directory.file("export--csv"))
        try await ExportOracles(collector, fails: true).expectTraces(directory.file("export--otlp"))
    }

    @Test("old workflows are counted, then deleted, and newer ones stay")
    func prune() async throws {
        let directory = try TestDirectory()
        let collector = try await CollectorProcess(directory: directory)
        let events = try await Traffic.write(.planner, seed: 5, workflows: 40, to: directory)
        #expect(try await collector.run("import", events).exit == 0)
        #expect(try await collector.program.run(["import", "-"], input: Self.young).exit == 0)
        let counted = try await collector.run("prune", "--older-than", "1d", "--dry-run", "--format", "json")
        #expect(try counted.rows().first?["workflows"] as? Int == 40)
        // Nobody can be asked here.
        let unasked = try await collector.run("prune", "--older-than", "1d")
        #expect(unasked.exit == 2)
        #expect(unasked.errors.contains("--yes"))
        #expect(try await collector.run("workflows", "--format", "ndjson").lines.count == 41)
        let pruned = try await collector.run("prune", "--older-than", "1d", "--yes", "--format", "json")
        #expect(try pruned.rows().first?["workflows"] as? Int == 40)
        let left = try await collector.run("workflows", "--format", "json")
        #expect(try left.rows().map { $0["name"] as? String } == ["new"])
        #expect(try await collector.run("check").exit == 0)
        #expect(try await Program().run(["prune"]).exit == 2)
    }

    /// A run that has just begun.
    private static var young: String {
        let now = Int64(Date().timeIntervalSince1970 * 1000)
        return
            #"{"event":"workflow.start","at_ms":\#(now),"workflow":"0199c8aa-0000-7000-8000-000000000001","name":"new"}"#
            + "\n"
    }

    @Test("a collector that is killed while it brings an older database up to date loses nothing")
    func killedDuringMigration() async throws {
        let directory = try TestDirectory()
        let database = directory.file("traces.db")
        let script = try String(contentsOfFile: Paths.script("version1.sql"), encoding: .utf8)
        let sqlite = Program(executable: URL(filePath: "/usr/bin/env"))
        let made = try await sqlite.run(["sqlite3", database], input: script)
        #expect(made.exit == 0, "\(made.errors)")
        let sum = "SELECT count(*), sum(length(state_data)), min(substr(state_data, 100, 20)) FROM nodes"
        let before = try await sqlite.run(["sqlite3", database, sum]).text
        for milliseconds in [5, 20, 60, 120] {
            let serving = try Program().prepare(
                ["serve", "--listen", "127.0.0.1:0", "--database", database], directory)
            let ended = try serving.started()
            // Not to wait for something: wherever it is by then, it dies there.
            try await Task.sleep(for: .milliseconds(milliseconds))
            kill(serving.processIdentifier, SIGKILL)
            await ended.value
        }
        let collector = try await CollectorProcess(directory: directory)
        let checked = try await collector.run("check")
        #expect(checked.exit == 0, "\(checked.text)")
        let after = try await collector.run("sql", sum, "--format", "csv")
        #expect(after.text.contains(before.trimmingCharacters(in: .newlines).replacing("|", with: ",")))
        #expect(try await collector.run("stats", "nodes").text.contains("1600"))
    }
}
