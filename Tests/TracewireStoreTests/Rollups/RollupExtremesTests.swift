import Testing
import TracewireProtocol

@testable import TracewireStore

/// The least and greatest value of a rollup of which one went away.
struct RollupExtremesTests {
    private static let hour: Int64 = 3_600_000
    private let recorder: Recorder
    /// The start of an hour that is not folded.
    private let now = Recorder.now / hour * hour

    init() throws {
        recorder = try Recorder()
    }

    /// A run with a node, a call and an end that each took that long.
    private func record(_ number: UInt64, at: Int64, took: Int64) throws {
        let (workflow, node) = (identifier(number * 10), identifier(number * 10 + 1))
        try recorder.send(
            workflowStart(workflow, at: at), describedStart(node, in: workflow, at: at),
            nodeEnd(node, in: workflow, at: at) { $0.durationMs = took },
            generation(identifier(number * 10 + 2), in: workflow, at: at) { $0.latencyMs = took },
            workflowEnd(workflow, at: at + took))
    }

    /// Deletes a run, as pruning does.
    private func remove(_ number: UInt64) throws {
        try recorder.writer.write { () throws(StoreError) in
            let connection = recorder.writer.connection
            let id = try connection.integer("SELECT workflow_id FROM nodes WHERE uuid = x'\(hex(number * 10 + 1))'")
            try recorder.writer.removeFromRollups(workflow: id)
            for table in ["generations", "nodes"] {
                try connection.execute("DELETE FROM \(table) WHERE workflow_id = \(id)")
            }
            try connection.execute("DELETE FROM workflows WHERE id = \(id)")
        }
    }

    private func hex(_ number: UInt64) -> String {
        let identifier = identifier(number)
        return [identifier.high, identifier.low].map { part in
            let digits = String(part, radix: 16)
            return String(repeating: "0", count: 16 - digits.count) + digits
        }.joined()
    }

    /// The least and the greatest of nodes, models and users, of all times or of the hours from `since` on, which have to
    /// agree; with nothing wrong about the rollups otherwise.
    private func extremes(since: Int64? = nil) throws -> [Int64] {
        #expect(try recorder.writer.rollupDifferences(limit: 5) == [])
        let reader = try StoreReader(path: recorder.database.path)
        let arguments = since.map { ["since": Value.integer($0)] } ?? [:]
        var found: [[Value]] = []
        for (report, unit) in [("nodes", "duration"), ("models", "latency"), ("users", "duration")] {
            let answer = reader.report("stats_\(report)", arguments)
            found.append(try answer.column("min_\(unit)_ms") + answer.column("max_\(unit)_ms"))
        }
        #expect(found[1] == found[0] && found[2] == found[0], "\(found)")
        return try #require(found.first).map { if case .integer(let value) = $0 { value } else { -1 } }
    }

    private func restoreAll(rows: Int = 1) throws {
        while try recorder.restoreExtremes(rows: rows) {}
        #expect(try recorder.lostExtremes() == .integer(0))
    }

    @Test func `a value that goes is included until it was looked for, also by a collector that starts anew`() throws {
        for number in 0..<4 as Range<UInt64> { try record(number, at: now, took: 500 + 200 * Int64(number)) }
        try remove(3)
        #expect(try recorder.lostExtremes() == .integer(3))
        #expect(try extremes() == [500, 1_100])
        try recorder.reopen()
        #expect(try extremes() == [500, 1_100])
        try remove(0)
        while try recorder.writer.maintain(isIdle: true) {}
        #expect(try extremes() == [700, 900])
        #expect(try recorder.lostExtremes() == .integer(0))
    }

    @Test func `an hour is read a row at a time if need be, also where all rows are of one moment`() throws {
        for number in 0..<20 as Range<UInt64> { try record(number, at: now, took: 500 + Int64(number)) }
        for number in 20..<40 as Range<UInt64> {
            try record(number, at: now + Int64(number), took: 400 - Int64(number))
        }
        // Of the hours beside it, which must not be read.
        try record(50, at: now - 1, took: 9_000)
        try record(51, at: now + Self.hour, took: 9_000)
        for number in [19, 39] as [UInt64] { try remove(number) }
        var steps = 0
        while try recorder.restoreExtremes(rows: 1) { steps += 1 }
        #expect(steps > 3 * 38)
        #expect(try recorder.lostExtremes() == .integer(0))
        let reader = try StoreReader(path: recorder.database.path)
        let nodes = reader.report("stats_nodes", ["since": .integer(now), "until": .integer(now + 1)])
        #expect(try nodes.column("min_duration_ms") == [.integer(362)])
        #expect(try nodes.column("max_duration_ms") == [.integer(518)])
        #expect(try recorder.writer.rollupDifferences(limit: 5) == [])
    }

    @Test func `what comes while an hour is read counts, wherever it stands`() throws {
        for number in 0..<6 as Range<UInt64> { try record(number, at: now + 10, took: 500 + Int64(number)) }
        // It has started, and will end when the search has passed it.
        let (workflow, node) = (identifier(800), identifier(801))
        try recorder.send(workflowStart(workflow, at: now), describedStart(node, in: workflow, at: now))
        try remove(5)
        for round in 0..<30 {
            #expect(try recorder.restoreExtremes(rows: 1) == true)
            if round == 3 { try recorder.send(nodeEnd(node, in: workflow, at: now + 1) { $0.durationMs = 7_000 }) }
            if round % 4 == 0 { try record(UInt64(10 + round), at: now + 5, took: 1_000 + Int64(round)) }
        }
        try restoreAll()
        #expect(try recorder.writer.rollupDifferences(limit: 5) == [])
        #expect(try recorder.value("SELECT max(duration_ms) FROM nodes") == .integer(7_000))
        let answer = try StoreReader(path: recorder.database.path).report("stats_nodes")
        #expect(try answer.column("max_duration_ms") == [.integer(7_000)])
    }

    @Test(arguments: 0..<40)
    func `what goes while it is looked for is not found`(steps: Int) throws {
        for number in 0..<8 as Range<Int64> { try record(UInt64(number), at: now + number, took: 1_000 - number) }
        try remove(0)
        for _ in 0..<steps { _ = try recorder.restoreExtremes(rows: 1) }
        // The greatest of those that are left was read first.
        try remove(1)
        try restoreAll()
        #expect(try extremes() == [993, 998])
    }

    @Test func `what a transaction adds that fails is not found`() throws {
        for number in 0..<6 as Range<UInt64> { try record(number, at: now + 10, took: 500 + Int64(number)) }
        try remove(5)
        _ = try recorder.restoreExtremes(rows: 4)
        #expect(throws: StoreError.self) {
            try recorder.writer.write { () throws(StoreError) in
                let rollups = recorder.writer.applier.rollups
                let key = try recorder.writer.connection.integer("SELECT min(id) FROM rollup_keys")
                let hour = RollupPlace.hour(of: now)
                try rollups.note(nodeOf: key, hour: hour, .completed, durationMs: 90_000, times: 1)
                try rollups.flush()
                throw StoreError(.io, "the disk failed")
            }
        }
        try restoreAll()
        #expect(try extremes() == [500, 504])
    }

    @Test func `days and totals follow the hours that are folded with what they have lost`() throws {
        for number in 0..<3 as Range<UInt64> { try record(number, at: now, took: 500 + Int64(number)) }
        try remove(2)
        try record(5, at: now, took: 100)
        try remove(5)
        let hour = now / Self.hour
        #expect(try recorder.value("SELECT hour FROM rollup_horizon") == .integer(hour - 1))
        #expect(try recorder.lostExtremes() == .integer(3))
        // Later ones, with which the hour is folded.
        for hours in 3...5 as ClosedRange<Int64> {
            let at = now + hours * Self.hour
            try recorder.send(all: [workflowStart(identifier(UInt64(1_000 + hours)), at: at)], nowMs: at)
        }
        #expect(try recorder.value("SELECT hour > \(hour) FROM rollup_horizon") == .integer(1))
        #expect(try recorder.lostExtremes() == .integer(9))
        #expect(try recorder.writer.rollupDifferences(limit: 5) == [])
        try restoreAll()
        #expect(try recorder.writer.rollupDifferences(limit: 5) == [])
        let nodes = try StoreReader(path: recorder.database.path).report("stats_nodes")
        #expect(try nodes.column("min_duration_ms") == [.integer(500)])
        #expect(try nodes.column("max_duration_ms") == [.integer(501)])
    }

    @Test(arguments: 0..<40)
    func `an hour that is folded while a total is told leaves nothing there that it has lost`(steps: Int) throws {
        for number in 0..<8 as Range<Int64> {
            try record(UInt64(number), at: now - (1 + number / 3) * 24 * Self.hour, took: 1_000 + number)
        }
        for number in 8..<12 as Range<Int64> { try record(UInt64(number), at: now, took: 5_000 + number) }
        while try recorder.writer.foldRollups(nowMs: now) {}
        try remove(7)
        for _ in 0..<steps { _ = try recorder.restoreExtremes(rows: 1) }
        try remove(11)
        let later = now + 3 * Self.hour
        try recorder.send(all: [workflowStart(identifier(900), at: later)], nowMs: later)
        while try recorder.writer.foldRollups(nowMs: later) {}
        #expect(try recorder.writer.rollupDifferences(limit: 5) == [])
        try restoreAll()
        #expect(try extremes() == [1_000, 5_010])
    }

    @Test func `a total is told by its days a few at a time, while hours are folded and runs go`() throws {
        let days = 30 as Int64
        for day in 0..<days {
            for number in 0..<4 as Range<Int64> {
                let at = now - (days - day) * 24 * Self.hour + number * Self.hour
                try record(UInt64(day * 4 + number), at: at, took: 1_000 - day * 4 - number)
            }
        }
        while try recorder.writer.foldRollups(nowMs: now) {}
        for number in 0..<40 as Range<UInt64> {
            try remove(number)
            for _ in 0..<Int(number) { _ = try recorder.restoreExtremes(rows: 1) }
            try record(1_000 + number, at: now - Int64(number) * Self.hour, took: 700)
            #expect(try recorder.writer.rollupDifferences(limit: 5) == [])
        }
        try restoreAll()
        #expect(try extremes() == [700, 960])
        #expect(try extremes(since: now - 24 * Self.hour) == [700, 884])
    }

    @Test(arguments: [RollupSubject.nodes, .models, .users])
    func `the rows of an hour are found by an index, from wherever it was left`(subject: RollupSubject) throws {
        let (index, ofUser) =
            switch subject {
            case .nodes: ("nodes_at", "")
            case .models: ("generations_at", "")
            case .users, .totals: ("workflows_user", "user_id=? AND ")
            }
        let time = subject == .nodes ? "<expr>" : "created_at"
        let plan = { later in try self.recorder.rows("EXPLAIN QUERY PLAN " + MeasuredRows.text(subject, later: later)) }
        let table = ["nodes", "generations", "workflows"][Int(subject.rawValue) - 1]
        let found = try [false, true].map { try plan($0).map { $0.last } }
        #expect(
            found == [
                [.text("SEARCH \(table) USING INDEX \(index) (\(ofUser)\(time)=? AND rowid>?)")],
                [.text("SEARCH \(table) USING INDEX \(index) (\(ofUser)\(time)>? AND \(time)<?)")],
            ])
    }
}
