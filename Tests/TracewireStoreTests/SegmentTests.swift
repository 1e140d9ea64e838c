import CSQLite
import Testing
import TracewireProtocol

@testable import TracewireStore

struct SegmentTests {
    private let recorder: Recorder
    private let workflow = identifier(1)
    private let node = identifier(2)

    init() throws {
        recorder = try Recorder()
    }

    private func reader() throws -> StoreReader {
        try StoreReader(path: recorder.database.path)
    }

    @Test(arguments: [0, 1, 64, 65, 1_024, 1_025, 100_000, 1 << 20, 3 << 20, 64 << 20])
    func `a value of any size comes back byte for byte`(bytes: Int) throws {
        let prompt = noise(bytes, seed: UInt64(bytes))
        let state = bytes < 2 ? "1" : "\"" + noise(bytes - 2, seed: 7) + "\""
        try recorder.send(workflowStart(workflow), describedStart(node, in: workflow))
        try recorder.send(
            nodeEnd(node, in: workflow) { $0.stateData = state },
            generation(identifier(3), in: workflow, node: node) {
                $0.userPrompt = prompt
                $0.systemPrompt = "before"
                $0.output = "after"
            })
        let reader = try reader()
        #expect(reader.sql("SELECT state_data FROM nodes").rows == [[.text(state)]])
        let answer = reader.sql("SELECT system_prompt, user_prompt, output FROM generations")
        #expect(answer.rows == [[.text("before"), .text(prompt), .text("after")]])
    }

    @Test func `every payload column is delivered by the views, and is a text or a reference in the tables`() throws {
        try recorder.sendEverything(workflow, node)
        let reader = try reader()
        for column in PayloadColumn.allCases {
            let sql = "SELECT \(column.name) FROM \(column.table.rawValue)"
            let delivered = reader.sql(sql)
            #expect(delivered.rows.count == 1 && delivered.summary.code == .ok)
            guard case .text(let value) = delivered.rows.first?.first else {
                Issue.record("\(column) is not a text but \(delivered.rows)")
                continue
            }
            let type = try recorder.value("SELECT typeof(\(column.name)) FROM \(column.table.rawValue)")
            #expect(type == .text(value.utf8.count > column.inlineBytes ? "blob" : "text"), "\(column)")
            #expect(value.utf8.count > column.inlineBytes, "the test has to fill \(column)")
        }
    }

    @Test func `the views have the columns and the types of the tables`() throws {
        try recorder.sendEverything(workflow, node)
        let reader = try reader()
        for table in PayloadColumn.Table.allCases {
            let columns = try recorder.rows("SELECT name, type FROM pragma_table_info('\(table.rawValue)')").map {
                "\($0)".replacing("JSON TEXT", with: "JSON")
            }
            let seen = reader.sql("SELECT * FROM \(table.rawValue)").columns.map {
                "\([Value.text($0.name), .text($0.declaredType)])"
            }
            #expect(seen == columns)
        }
    }

    @Test func `what needs no payload is the same in plain SQLite, on the tables and on the views`() throws {
        try recorder.sendEverything(workflow, node)
        let statements = [
            "SELECT id, status, name, created_at FROM workflows", "SELECT node_name, duration_ms FROM nodes",
            """
            SELECT n.node_name, count(g.id), sum(g.total_tokens) FROM nodes n LEFT JOIN generations g ON n.id = g.node_id
            GROUP BY 1
            """,
        ]
        for statement in statements {
            let plain = try recorder.rows(statement)
            #expect(try reader().sql(statement).rows == plain)
            // A mention of a payload column sends the same question through the views.
            let viewed = "SELECT * FROM (\(statement)) WHERE (SELECT count(state_data) FROM nodes) > 0"
            #expect(try reader().sql(viewed).rows == plain)
        }
    }

    /// The bytes that the values of some runs take which are committed together.
    private func storedBytes(areMixed: Bool) throws -> Int64 {
        let recorder = try Recorder()
        let runs = (1...30 as ClosedRange<UInt64>).map { run in
            [workflowStart(identifier(run))]
                + (1...4 as ClosedRange<UInt64>).flatMap { node in
                    let place = identifier(run * 100 + node)
                    return [
                        describedStart(place, in: identifier(run)),
                        nodeEnd(place, in: identifier(run)) {
                            $0.stateData = "\"\(noise(30_000, seed: run))\(node)\""
                        },
                    ]
                }
        }
        let records = areMixed ? runs[0].indices.flatMap { place in runs.map { $0[place] } } : runs.flatMap { $0 }
        try recorder.send(all: records)
        #expect(try StoreReader(path: recorder.database.path).report("check").rows == [])
        return try recorder.writer.connection.integer("SELECT sum(length(data)) FROM segments")
    }

    @Test func `values of runs that are committed together lie run by run`() throws {
        let (mixed, apart) = (try storedBytes(areMixed: true), try storedBytes(areMixed: false))
        #expect(mixed < apart + apart / 10, "\(mixed) bytes, and \(apart) one run after the other")
    }

    @Test(arguments: [
        "SELECT state_data FROM main.nodes", "SELECT * FROM main.nodes", "SELECT n.state_data FROM Main.Nodes n",
        "SELECT length(output) FROM main.generations", "SELECT id FROM main.workflows WHERE user_intent IS NOT NULL",
        "SELECT v.state_data, n.state_data FROM nodes v, main.nodes n",
        "WITH nodes AS (SELECT * FROM main.nodes) SELECT state_data FROM nodes",
        "SELECT count(*) FROM main.nodes a JOIN nodes b USING (id, \"State_Data\")",
        "SELECT count(*) FROM nodes a natural join \"main\" . nodes b",
    ])
    func `nobody is shown the references that stand in a table, but told how to read the values`(sql: String) throws {
        try recorder.sendEverything(workflow, node)
        let answer = try reader().sql(sql)
        #expect(answer.summary.code == .notPermitted)
        #expect(answer.summary.message.contains("without main."), "\(answer.summary.message)")
        #expect(answer.rows == [])
        #expect(try reader().sql("SELECT id, status FROM main.nodes").rows == [[.integer(1), .text("failed")]])
    }

    @Test(arguments: [
        "nodes a JOIN nodes b ON a.state_data = b.state_data", "nodes a JOIN nodes b USING (state_data)",
        "nodes a JOIN nodes b\nusing(\"status\", [State_Data])",
        "(SELECT state_data FROM nodes) a NATURAL JOIN (SELECT state_data FROM nodes) b",
        "nodes a JOIN nodes b USING (/*)*/ state_data)", "nodes a JOIN nodes b USING -- x)\n(state_data)",
        "nodes a JOIN nodes b USING (status)", "main.nodes a JOIN main.nodes b USING (status)",
    ])
    func `joins compare values, however their columns are named`(join: String) throws {
        let state = "\"" + noise(500) + "\""
        for run in [1, 2] as [UInt64] {
            let place = identifier(10 + run)
            try recorder.send(
                workflowStart(identifier(run)), describedStart(place, in: identifier(run)),
                nodeEnd(place, in: identifier(run)) { $0.stateData = state })
        }
        #expect(try reader().sql("SELECT count(*) FROM \(join)").rows == [[.integer(4)]])
    }

    @Test(arguments: [
        "user_input = 12", "user_input IN (11, 12)", "user_input BETWEEN 11 AND 13", "user_input < 13",
        "12 = user_input",
        "id + 11 = user_input",
    ])
    func `values are compared as the texts that they are declared to be`(condition: String) throws {
        try recorder.send(workflowStart(workflow) { $0.userInput = "12" })
        #expect(try reader().sql("SELECT count(*) FROM workflows WHERE \(condition)").rows == [[.integer(1)]])
    }

    @Test(arguments: [Int64.max, 9_223_372_036_854_770_000])
    func `a segment that cannot lie where it says stops what would be laid behind it, and nothing else`(
        start: Int64
    ) throws {
        try recorder.sendEverything(workflow, node)
        try recorder.writer.connection.execute(
            "INSERT INTO segments SELECT \(start), raw_bytes, latest_at, data FROM segments LIMIT 1")
        try recorder.reopen()
        let error = #expect(throws: StoreError.self) {
            try recorder.send(workflowStart(identifier(50)) { $0.userInput = noise(4_000) })
        }
        #expect(error?.code == .corrupt)
        #expect(try reader().sql("SELECT count(*) FROM workflows").rows == [[.integer(1)]])
    }

    @Test(arguments: ["rowid", "oid", "_rowid_", "n.ROWID"])
    func `the rowid is told as the id is, or refused with what to write`(name: String) throws {
        try recorder.sendEverything(workflow, node)
        #expect(try reader().sql("SELECT \(name) FROM nodes n").rows == [[.integer(1)]])
        for sql in ["SELECT \(name), state_data FROM nodes n", "SELECT state_data FROM nodes n WHERE \(name) = 1"] {
            let answer = try reader().sql(sql)
            #expect(answer.summary.code == .notPermitted)
            #expect(answer.summary.message.contains("write id"), "\(answer.summary.message)")
        }
    }

    @Test func `a repetition is told from another content, also of values that are not written yet`() throws {
        let state = "\"" + noise(500) + "\""
        let end = nodeEnd(node, in: workflow) { $0.stateData = state }
        let other = nodeEnd(node, in: workflow) { $0.stateData = "\"" + noise(500, seed: 2) + "\"" }
        let first = generation(identifier(3), in: workflow) { $0.output = noise(300) }
        let second = generation(identifier(3), in: workflow) { $0.output = noise(300, seed: 2) }
        let start = workflowStart(workflow) { $0.userIntent = "\"" + noise(100) + "\"" }
        let verdicts = try recorder.send(
            start, start, describedStart(node, in: workflow), end, end, other, first, first, second)
        #expect(verdicts.map(\.index) == [5, 8])
        #expect(verdicts.map(\.code) == [.conflictingDuplicate, .conflictingDuplicate])
        try recorder.reopen()
        #expect(
            try recorder.codes(start, end, other, first, second) == [
                .ok, .ok, .conflictingDuplicate, .ok, .conflictingDuplicate,
            ])
        // What was repeated is not stored a second time.
        #expect(try recorder.value("SELECT count(*) FROM generations") == .integer(1))
        #expect(try recorder.value("SELECT sum(raw_bytes) < 2000 FROM segments") == .integer(1))
    }

    @Test func `the end's intent does not hide the start's, which may come again`() throws {
        let start = workflowStart(workflow) { $0.userIntent = "\"" + noise(100) + "\"" }
        let end = workflowEnd(workflow) { $0.userIntent = "\"" + noise(100, seed: 2) + "\"" }
        #expect(try recorder.codes(start, end, start, end) == [.ok, .ok, .ok, .ok])
        #expect(
            try reader().sql("SELECT user_intent FROM workflows").rows == [[.text("\"" + noise(100, seed: 2) + "\"")]])
    }

    @Test func `after a commit that failed, values are laid where they would have been`() throws {
        try recorder.send(workflowStart(workflow), describedStart(node, in: workflow))
        let pages = try recorder.writer.connection.integer("PRAGMA page_count")
        try recorder.writer.connection.execute("PRAGMA max_page_count = \(pages + 4)")
        let batch = try recorder.batch([nodeEnd(node, in: workflow) { $0.stateData = "\"" + noise(200_000) + "\"" }])
        #expect(throws: StoreError.self) { try recorder.writer.commit([batch], nowMs: 1) }
        try recorder.writer.connection.execute("PRAGMA max_page_count = 1000000")
        _ = try recorder.writer.commit([batch], nowMs: 1)
        #expect(try recorder.value("SELECT min(start) FROM segments") == .integer(0))
        #expect(try reader().sql("SELECT length(state_data) FROM nodes").rows == [[.integer(200_002)]])
    }

    @Test func `a damaged segment is named by the query that meets it, and everything else is readable`() throws {
        try recorder.send(workflowStart(workflow), describedStart(node, in: workflow))
        try recorder.send(nodeEnd(node, in: workflow) { $0.stateData = "\"" + noise(5_000) + "\"" })
        try recorder.send(generation(identifier(3), in: workflow) { $0.output = noise(5_000) })
        let damaged = try recorder.value("SELECT min(start) FROM segments")
        try recorder.writer.connection.execute(
            "UPDATE segments SET data = CAST(substr(data, 1, 2000) || 'damage' || substr(data, 2007) AS BLOB) WHERE start = (SELECT min(start) FROM segments)"
        )
        let reader = try reader()
        let summary = reader.sql("SELECT state_data FROM nodes").summary
        #expect(summary.code == .storageUnavailable)
        #expect(summary.message.hasPrefix("The segment at \(damaged == .integer(0) ? "0" : "?") is damaged"))
        // Recovering or restoring the file would not help: the file is whole.
        #expect(summary.message.hasSuffix("Everything else can be read; `tracewire check` names the rows."))
        #expect(reader.sql("SELECT length(output) FROM generations").rows == [[.integer(5_000)]])
        #expect(reader.sql("SELECT status FROM nodes").rows == [[.text("completed")]])
    }

    @Test func `a reference that is none, or leads nowhere, is an error and not a crash`() throws {
        try recorder.send(workflowStart(workflow), describedStart(node, in: workflow))
        try recorder.send(nodeEnd(node, in: workflow) { $0.stateData = "\"" + noise(500) + "\"" })
        for blob in [
            "x''", "x'00'", "x'ffffffffffffffffffff01'", "x'ff7f7f'", "x'00ffffffff7f'", "zeroblob(1000)",
            "x'ffffffffffffffff7f05'",
        ] {
            try recorder.writer.connection.execute("UPDATE nodes SET state_data = \(blob)")
            #expect(try reader().sql("SELECT state_data FROM nodes").summary.code == .storageUnavailable, "\(blob)")
            #expect(try reader().sql("SELECT status FROM nodes").rows == [[.text("completed")]])
        }
    }

    @Test func `a database of the first version is brought up to date, and keeps its values`() throws {
        let database = try TemporaryDatabase()
        let state = "\"" + noise(10_000) + "\""
        do {
            let plain = try PlainConnection(database.path, create: true)
            try plain.execute("PRAGMA page_size = 8192; PRAGMA journal_mode = WAL")
            try plain.execute(Schema.version1)
            try plain.execute("PRAGMA application_id = \(Migrations.applicationID); PRAGMA user_version = 1")
            try plain.execute(
                """
                INSERT INTO workflows (id, uuid, name, status, created_at, updated_at)
                    VALUES (1, x'0199c83c000070008000000000000001', 'old', 'running', 1, 1);
                INSERT INTO nodes (uuid, workflow_id, node_name, node_type, execution_order, status, started_at, state_data)
                    VALUES (x'0199c83c000070008000000000000002', 1, 'search', 'tool', 1, 'running', 1, '\(state)')
                """)
        }
        let writer = try StoreWriter(path: database.path)
        #expect(try writer.connection.integer("PRAGMA auto_vacuum") == 2)
        let reader = try StoreReader(path: database.path)
        #expect(reader.sql("SELECT state_data FROM nodes").rows == [[.text(state)]])
        writer.close()
    }
}
