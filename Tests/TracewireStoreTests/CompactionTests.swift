import Testing
import TracewireProtocol

@testable import TracewireStore

struct CompactionTests {
    private let recorder: Recorder
    private let workflow = identifier(1)

    init() throws {
        recorder = try Recorder()
        try recorder.send(workflowStart(workflow))
    }

    /// Commits `count` generations one by one, whose outputs say nearly the same.
    private func trickle(_ count: UInt64, bytes: Int = 8_000) throws {
        for number in 0..<count {
            try recorder.send(
                generation(identifier(1_000 + number), in: workflow) { $0.output = output(number, bytes) })
        }
    }

    private func output(_ number: UInt64, _ bytes: Int = 8_000) -> String { noise(bytes) + "\(number)" }

    private func maintain() throws {
        while try recorder.writer.maintain(isIdle: true) {}
    }

    @Test func `a trickle ends in few segments, which compress as a bulk's do`() throws {
        try trickle(400)
        #expect(try recorder.value("SELECT count(*) FROM segments") == .integer(400))
        let before = try recorder.value("SELECT sum(length(data)) FROM segments")
        let end = try recorder.value("SELECT max(start + raw_bytes) FROM segments")
        try maintain()
        #expect(try recorder.value("SELECT count(*) < 20 FROM segments WHERE start < 3000000") == .integer(1))
        #expect(try recorder.value("SELECT max(start + raw_bytes) FROM segments") == end)
        #expect(try recorder.value("SELECT max(raw_bytes) <= 1 << 20 FROM segments") == .integer(1))
        guard case .integer(let small) = before,
            case .integer(let large) = try recorder.value(
                "SELECT sum(length(data)) FROM segments")
        else { return }
        #expect(large < small / 2)
        let rows = try StoreReader(path: recorder.database.path).sql("SELECT output FROM generations ORDER BY id").rows
        #expect(rows == (0..<400).map { [.text(output($0))] })
    }

    @Test func `what is merged is found again after more was written, and by a reader that had begun before`() throws {
        try trickle(200)
        let reader = try StoreReader(path: recorder.database.path)
        var seen: [Value] = []
        let query = Query(.sql(text: "SELECT output FROM generations ORDER BY id", parameters: []), credit: 0)
        let summary = reader.run(query, limits: QueryLimits(), control: QueryControl()) { _ in
            try maintain()
            try trickle(1, bytes: 100)
        } rows: { body in
            seen += try Rows(decoding: body.span).rows.map { $0[0] }
        }
        #expect(summary.code == .ok)
        #expect(seen == (0..<200).map { .text(output($0)) })
        try recorder.reopen()
        try recorder.send(generation(identifier(9_999), in: workflow) { $0.output = output(1, 500) })
        #expect(reader.sql("SELECT output FROM generations WHERE id = 201").rows == [[.text(output(1, 500))]])
    }

    @Test func `under load only what has become due is merged`() throws {
        try trickle(10)
        #expect(try !recorder.writer.maintain(isIdle: false))
        #expect(try recorder.value("SELECT count(*) FROM segments") == .integer(10))
        for number in 0..<200 as Range<UInt64> {
            try recorder.send(generation(identifier(5_000 + number), in: workflow) { $0.output = output(number) })
        }
        #expect(try recorder.writer.maintain(isIdle: false))
        #expect(try recorder.value("SELECT count(*) < 100 FROM segments") == .integer(1))
    }

    @Test func `a damaged segment is left alone, and those around it are merged`() throws {
        try trickle(400)
        try recorder.writer.connection.execute(
            "UPDATE segments SET data = x'00' WHERE start = (SELECT start FROM segments LIMIT 1 OFFSET 5)")
        try maintain()
        #expect(try recorder.value("SELECT count(*) FROM segments WHERE data = x'00'") == .integer(1))
        #expect(try recorder.value("SELECT count(*) < 300 FROM segments") == .integer(1))
        let reader = try StoreReader(path: recorder.database.path)
        #expect(reader.sql("SELECT output FROM generations WHERE id = 5").rows == [[.text(output(4))]])
        #expect(reader.sql("SELECT output FROM generations WHERE id = 6").summary.code == .storageUnavailable)
    }

    @Test func `a merge that could not be committed is made later`() throws {
        try trickle(200)
        let error = #expect(throws: StoreError.self) {
            try recorder.writer.write { () throws(StoreError) in
                _ = try recorder.writer.compaction.step()
                throw StoreError(.diskFull, "no room")
            }
        }
        #expect(error?.code == .diskFull)
        #expect(try recorder.value("SELECT count(*) FROM segments") == .integer(200))
        try maintain()
        #expect(try recorder.value("SELECT count(*) < 100 FROM segments") == .integer(1))
    }

    @Test func `free pages are given back under steady traffic, some of them in a tenth of a second`() throws {
        try trickle(1_000)
        try recorder.writer.connection.execute("DELETE FROM generations; DELETE FROM segments WHERE start > 0")
        func pages() throws -> Int64 { try recorder.writer.connection.integer("PRAGMA page_count") }
        // What the commits so far have left to merge.
        _ = try recorder.writer.maintain(isIdle: false)
        let before = try pages()
        for tick in 0..<40 as Range<Int64> {
            let left = try pages()
            // Several commits in that time give back no more than one.
            for number in 0..<3 as Range<UInt64> {
                let late = generation(identifier(9_000 + UInt64(tick) * 3 + number), in: workflow)
                try recorder.send(all: [late], nowMs: Recorder.now + tick * 100)
                _ = try recorder.writer.maintain(isIdle: false)
            }
            // With them may go the page that says whose they are.
            #expect(try pages() >= left - 257)
        }
        #expect(try pages() < before / 2)
        #expect(try recorder.value("PRAGMA integrity_check") == .text("ok"))
    }

    @Test func `what was left to merge is merged under steady traffic that leaves little`() throws {
        try trickle(400)
        try recorder.reopen()
        for tick in 0..<20 as Range<Int64> {
            try recorder.send(
                all: [generation(identifier(UInt64(9_000 + tick)), in: workflow)], nowMs: Recorder.now + tick * 100)
            _ = try recorder.writer.maintain(isIdle: false)
        }
        #expect(try recorder.value("SELECT count(*) < 20 FROM segments WHERE start < 3000000") == .integer(1))
    }

    @Test func `free pages are given back to the file system`() throws {
        try trickle(600)
        try recorder.writer.connection.execute("DELETE FROM generations; DELETE FROM segments WHERE start > 0")
        let before = try recorder.writer.connection.integer("PRAGMA page_count")
        try maintain()
        #expect(try recorder.writer.connection.integer("PRAGMA page_count") < before / 2)
        #expect(try recorder.value("PRAGMA integrity_check") == .text("ok"))
    }
}
