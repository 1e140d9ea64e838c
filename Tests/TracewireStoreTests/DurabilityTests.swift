import Glibc
import Testing
import TracewireProtocol

@testable import TracewireStore

struct DurabilityTests {
    private let workflow = identifier(1)
    private let node = identifier(2)

    private static let stateLength = "SELECT length(state_data) FROM nodes"

    private var run: [Record<String>] {
        [
            workflowStart(workflow), nodePending(node, in: workflow), nodeStart(node, in: workflow),
            nodeEnd(node, in: workflow) { $0.stateData = "\"" + noise(1 << 20) + "\"" },
            generation(identifier(3), in: workflow, node: node), workflowEnd(identifier(9)),
            nodeEnd(identifier(8), in: workflow, .skipped),
        ]
    }

    @Test func `what was committed is in the files at once, as a killed process leaves them`() throws {
        let recorder = try Recorder()
        try recorder.send(all: run)
        let copy = try TemporaryDatabase()
        for suffix in ["", "-wal"] {
            try writeFile(copy.path + suffix, try readFile(recorder.database.path + suffix))
        }
        let writer = try StoreWriter(path: copy.path)
        let again = try Recorder.batch(run, producer: recorder.producer, sequence: 1)
        #expect(try writer.commit([again], nowMs: 1) == [.duplicate])
        let plain = try PlainConnection(copy.path)
        #expect(try plain.value("SELECT status FROM nodes") == .text("completed"))
        #expect(try StoreReader(path: copy.path).sql(Self.stateLength).rows == [[.integer(1 << 20 + 2)]])
        #expect(try plain.value("PRAGMA integrity_check") == .text("ok"))
    }

    @Test func `the writer waits for the disk at every commit, and checks what rows refer to`() throws {
        let connection = try Recorder().writer.connection
        #expect(try connection.integer("PRAGMA synchronous") == 2)
        #expect(try connection.integer("PRAGMA foreign_keys") == 1)
        #expect(try connection.integer("PRAGMA wal_autocheckpoint") == 0)
    }

    @Test func `a group for which there is no room is not committed at all, and can be committed later`() throws {
        var limits = StoreLimits()
        // As many as the group parks: those of an attempt that failed must not count.
        limits.parkedRecords = 2
        let recorder = try Recorder(limits: limits)
        try recorder.send(user("kim"))
        let pages = try recorder.writer.connection.integer("PRAGMA page_count")
        try recorder.writer.connection.execute("PRAGMA max_page_count = \(pages + 20)")
        let batches = [try recorder.batch([user("lee")]), try recorder.batch(run)]
        for _ in 0..<2 {
            #expect {
                try recorder.writer.commit(batches, nowMs: 1)
            } throws: {
                ($0 as? StoreError)?.code == .diskFull
            }
            for table in ["workflows", "nodes", "generations", "parked_records", "rejected_records"] {
                #expect(try recorder.value("SELECT count(*) FROM \(table)") == .integer(0), "\(table)")
            }
            #expect(try recorder.value("SELECT count(*) FROM users") == .integer(1))
            #expect(try recorder.value("SELECT last_sequence FROM producers") == .integer(1))
        }
        try recorder.writer.connection.execute("PRAGMA max_page_count = 1000000")
        let outcomes = try recorder.writer.commit(batches, nowMs: 1)
        guard case .committed(let verdicts) = outcomes[1] else {
            Issue.record("not committed: \(outcomes)")
            return
        }
        #expect(outcomes[0] == .committed([]))
        #expect(verdicts.map(\.code) == [.parked, .parked])
        #expect(try StoreReader(path: recorder.database.path).sql(Self.stateLength).rows == [[.integer(1 << 20 + 2)]])
        #expect(try recorder.value("SELECT count(*) FROM parked_records") == .integer(2))
        // What waits is counted rightly after the rollback: the workflow's arrival releases it.
        try recorder.send(workflowStart(identifier(9)), describedStart(identifier(8), in: workflow, order: 2))
        #expect(try recorder.value("SELECT count(*) FROM parked_records") == .integer(0))
    }

    @Test func `after a group that was not committed, others lie in its place and are read as they are`() throws {
        let recorder = try Recorder()
        let (first, second) = (identifier(20), identifier(30))
        try recorder.send(workflowStart(workflow), workflowStart(first), describedStart(identifier(21), in: first))
        let ends: (Identifier, UInt64) -> Record<String> = { node, seed in
            nodeEnd(node, in: seed == 1 ? first : second) { $0.stateData = "\"" + noise(40_000, seed: seed) + "\"" }
        }
        // The repetition is compared, which reads the value back.
        let batch = try recorder.batch([
            ends(identifier(21), 1), ends(identifier(21), 1),
            generation(identifier(40), in: first) { $0.output = noise(2 << 20) },
        ])
        let pages = try recorder.writer.connection.integer("PRAGMA page_count")
        try recorder.writer.connection.execute("PRAGMA max_page_count = \(pages + 20)")
        #expect(throws: StoreError.self) { try recorder.writer.commit([batch], nowMs: 1) }
        try recorder.writer.connection.execute("PRAGMA max_page_count = 1000000")
        recorder.takeBack()
        let others = [workflowStart(second), describedStart(identifier(31), in: second), ends(identifier(31), 2)]
        #expect(try recorder.codes(others[0], others[1], others[2], others[2]) == [.ok, .ok, .ok, .ok])
    }

    @Test func `the log is copied into the database when it has grown, and emptied when nobody reads`() throws {
        var limits = StoreLimits()
        limits.checkpointBytes = 64 << 10
        limits.truncateBytes = 512 << 10
        let recorder = try Recorder(limits: limits)
        let plain = try PlainConnection(recorder.database.path)
        try plain.execute("BEGIN; SELECT * FROM users")
        let text = noise(100_000)
        for number in 0..<20 {
            try recorder.send(workflowStart(identifier(UInt64(number)), name: "w") { $0.userInput = text })
        }
        // The reader's snapshot holds the log.
        #expect(FileSize.bytes(recorder.database.path + "-wal") > 20 * 70_000)
        try plain.execute("COMMIT")
        for number in 20..<30 {
            try recorder.send(workflowStart(identifier(UInt64(number)), name: "w") { $0.userInput = text })
        }
        #expect(FileSize.bytes(recorder.database.path + "-wal") < 10 * 100_000)
        #expect(try plain.value("SELECT count(*) FROM workflows") == .integer(30))
        recorder.writer.close()
        #expect(FileSize.bytes(recorder.database.path + "-wal") == 0)
    }

    @Test func `a reader copies nothing into the database, not even as the last to close it`() throws {
        let recorder = try Recorder()
        try recorder.send(user("kim"))
        let before = FileSize.bytes(recorder.database.path + "-wal")
        var reader: StoreReader? = try StoreReader(path: recorder.database.path)
        #expect(reader?.sql("SELECT username FROM users").rows == [[.text("kim")]])
        reader = nil
        #expect(FileSize.bytes(recorder.database.path + "-wal") == before)
        #expect(before > 0)
    }

    @Test func `a reader sees what was committed before it asked, and nothing later while it reads`() throws {
        let recorder = try Recorder()
        try recorder.send(user("kim"))
        let reader = try StoreReader(path: recorder.database.path)
        var seen = 0
        let query = Query(
            .sql(text: "SELECT username FROM users UNION ALL SELECT count(*) FROM users", parameters: []), credit: 0)
        _ = reader.run(query, limits: QueryLimits(), control: QueryControl()) { _ in
            try recorder.send(user("lee"))
        } rows: { body in
            seen += try Rows(decoding: body.span).rows.count
        }
        #expect(seen == 2)
        #expect(reader.sql("SELECT count(*) FROM users").rows == [[.integer(2)]])
    }

    @Test func `a JSON value is stored as the text that was sent, in every column for it`() throws {
        let recorder = try Recorder()
        let json = "1e2"
        try recorder.send(
            workflowStart(workflow) {
                $0.timeSettings = json
                $0.dateTheme = json
                $0.userIntent = json
                $0.tags = json
                $0.metadata = json
            },
            nodePending(node, in: workflow) {
                $0.description.tags = json
                $0.description.metadata = json
            },
            nodeStart(node, in: workflow) { $0.inputData = json },
            nodeEnd(node, in: workflow) {
                $0.outputData = json
                $0.stateData = json
            },
            generation(identifier(3), in: workflow) {
                $0.parsedOutput = json
                $0.metadata = json
            },
            workflowEnd(workflow) {
                $0.userIntent = " 1e2"
                $0.finalItinerary = json
            })
        let columns = try recorder.rows(
            """
            SELECT t.name, c.name FROM sqlite_schema t, pragma_table_info(t.name) c
            WHERE t.type = 'table' AND c.type LIKE 'JSON%'
            """)
        #expect(columns.count == 14)
        for names in columns {
            guard case .text(let table) = names[0], case .text(let column) = names[1] else { continue }
            let expected = column == "user_intent" ? " 1e2" : json
            #expect(try recorder.value("SELECT \(column) FROM \(table)") == .text(expected), "\(table).\(column)")
        }
    }

    @Test func `values of 20 MB and every kind of character come back as they were sent`() throws {
        let recorder = try Recorder()
        let long = String(repeating: "가나다라", count: 20 << 20 / 12)
        let odd = "a\0b 👩‍👩‍👧 \u{200f}مرحبا\u{202e} \u{feff}"
        try recorder.send(
            workflowStart(workflow) { $0.userInput = odd },
            generation(identifier(3), in: workflow) {
                $0.systemPrompt = ""
                $0.userPrompt = long
            })
        let reader = try StoreReader(path: recorder.database.path)
        let answer = reader.sql("SELECT user_input, system_prompt, user_prompt FROM workflows, generations")
        #expect(answer.rows == [[.text(odd), .text(""), .text(long)]])
    }
}
