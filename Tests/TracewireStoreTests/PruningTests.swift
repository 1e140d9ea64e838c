import Testing
import TracewireProtocol

@testable import TracewireStore

struct PruningTests {
    private let recorder: Recorder

    init() throws {
        recorder = try Recorder()
    }

    /// A workflow with a node and a generation whose payloads are `bytes` long.
    private func record(_ number: UInt64, at: Int64, bytes: Int = 5_000, ends: Bool = true) throws {
        let (workflow, node) = (identifier(number * 10), identifier(number * 10 + 1))
        try recorder.send(
            workflowStart(workflow, at: at), describedStart(node, in: workflow, at: at),
            nodeEnd(node, in: workflow, at: at + 1) { $0.stateData = "\"" + noise(bytes, seed: number) + "\"" },
            generation(identifier(number * 10 + 2), in: workflow, node: node, at: at) {
                $0.output = noise(bytes, seed: number + 1_000)
            })
        if ends { try recorder.send(workflowEnd(workflow, at: at + 2)) }
    }

    private func prune(before: Int64, limit: Int = 64) throws -> Int {
        try recorder.writer.prune(before: before, limit: limit).removed
    }

    /// Prunes until nothing is left to do. Returns how many workflows went.
    private func pruneAll(before: Int64, limit: Int = 64) throws -> Int {
        var removed = 0
        while true {
            let step = try recorder.writer.prune(before: before, limit: limit)
            removed += step.removed
            if !step.hasMore { return removed }
        }
    }

    private func check() throws {
        #expect(try StoreReader(path: recorder.database.path).report("check").rows == [])
    }

    @Test func `what has waited for its parents since before goes too`() throws {
        for number in 1...600 as ClosedRange<UInt64> {
            try recorder.send(all: [nodeEnd(identifier(number), in: identifier(9_000))], nowMs: Int64(number))
        }
        _ = try pruneAll(before: 551)
        #expect(try recorder.value("SELECT count(*) FROM parked_records") == .integer(50))
        #expect(try recorder.value("SELECT min(received_at) FROM parked_records") == .integer(551))
    }

    @Test func `what began before goes whole, and everything else stays readable`() throws {
        for number in 1...20 as ClosedRange<UInt64> { try record(number, at: Int64(number) * 1_000) }
        while try recorder.writer.maintain(isIdle: true) {}
        #expect(try prune(before: 10_001, limit: 4) == 4)
        #expect(try prune(before: 10_001) == 6)
        #expect(try prune(before: 10_001) == 0)
        for table in ["workflows", "nodes", "generations"] {
            #expect(try recorder.value("SELECT count(*) FROM \(table)") == .integer(10), "\(table)")
        }
        let rows = try StoreReader(path: recorder.database.path).sql(
            "SELECT n.state_data, g.output FROM nodes n JOIN generations g ON g.node_id = n.id ORDER BY n.id"
        ).rows
        #expect(
            rows
                == (11...20 as ClosedRange<UInt64>).map {
                    [.text("\"" + noise(5_000, seed: $0) + "\""), .text(noise(5_000, seed: $0 + 1_000))]
                })
        try check()
    }

    @Test func `the number of a run that is gone is no other run's`() throws {
        for number in 1...3 as ClosedRange<UInt64> { try record(number, at: 1) }
        #expect(try prune(before: 10) == 3)
        try recorder.reopen()
        try record(4, at: 20)
        for table in ["workflows", "nodes", "generations"] {
            #expect(try recorder.value("SELECT id FROM \(table)") == .integer(4), "\(table)")
        }
    }

    @Test func `large workflows go one at a time`() throws {
        for number in 1...3 as ClosedRange<UInt64> {
            let workflow = identifier(number * 10_000)
            try recorder.send(workflowStart(workflow, at: 1))
            try recorder.send(
                all: (1...4_095 as ClosedRange<UInt64>).map {
                    describedStart(identifier(number * 10_000 + $0), in: workflow, at: 2)
                } + [workflowEnd(workflow, at: 3)])
        }
        for hasMore in [true, true, false] {
            let step = try recorder.writer.prune(before: 10, limit: 64)
            #expect(step.removed == 1)
            #expect(step.hasMore == hasMore)
        }
        try check()
    }

    @Test func `the values are gone from the file, and its pages are given back`() throws {
        for number in 1...60 as ClosedRange<UInt64> { try record(number, at: Int64(number), bytes: 60_000) }
        recorder.writer.checkpoint()
        let before = FileSize.bytes(recorder.database.path)
        #expect(try pruneAll(before: 56) == 55)
        while try recorder.writer.maintain(isIdle: true) {}
        recorder.writer.checkpoint()
        #expect(FileSize.bytes(recorder.database.path) < before / 2)
        try check()
        // Nothing of what is gone can be found in the segments that are left.
        let gone = noise(60_000, seed: 3).prefix(40)
        var found = false
        try recorder.writer.segmentRows.forEach(0...Int64.max) { row in
            found = found || String(decoding: row.bytes, as: UTF8.self).contains(gone)
        }
        #expect(!found)
    }

    /// Forty runs whose records came by turns, with 30 kB each: every segment has values of many.
    private func recordInterleaved() throws {
        let numbers = 1...40 as ClosedRange<UInt64>
        for number in numbers { try recorder.send(workflowStart(identifier(number * 100), at: Int64(number))) }
        for round in 1...6 as ClosedRange<UInt64> {
            for number in numbers {
                let (workflow, node) = (identifier(number * 100), identifier(number * 100 + round))
                try recorder.send(
                    describedStart(node, in: workflow, at: Int64(number)),
                    nodeEnd(node, in: workflow, at: Int64(number) + 1) {
                        $0.stateData = "\"" + noise(30_000, seed: number * 100 + round) + "\""
                    })
            }
        }
        for number in numbers { try recorder.send(workflowEnd(identifier(number * 100), at: Int64(number) + 2)) }
        while try recorder.writer.maintain(isIdle: true) {}
    }

    @Test func `a segment with values of many runs is written anew once, and not by each of them`() throws {
        try recordInterleaved()
        let segments = try recorder.rows("SELECT start, data FROM segments")
        try #require(segments.count > 4)
        for _ in 0..<4 { #expect(try prune(before: 21, limit: 4) == 4) }
        #expect(try recorder.rows("SELECT start, data FROM segments") == segments)
        #expect(try recorder.value("SELECT count(*) > 4 FROM stale_segments") == .integer(1))
        try check()
        #expect(try pruneAll(before: 21, limit: 4) == 4)
        #expect(try recorder.value("SELECT count(*) FROM stale_segments") == .integer(0))
        var bytes = 0
        try recorder.writer.segmentRows.forEach(0...Int64.max) { bytes += $0.bytes.filter { $0 != 0 }.count }
        #expect(bytes < 20 * 6 * 31_000)
        try check()
        let rows = try StoreReader(path: recorder.database.path).sql("SELECT state_data FROM nodes ORDER BY uuid").rows
        let left = (21...40 as ClosedRange<UInt64>).flatMap { number in
            (1...6 as ClosedRange<UInt64>).map { [Value.text("\"" + noise(30_000, seed: number * 100 + $0) + "\"")] }
        }
        #expect(rows == left)
    }

    @Test func `what a pruning that was broken off has left goes when the writer is idle`() throws {
        try recordInterleaved()
        #expect(try prune(before: 21, limit: 20) == 20)
        try recorder.reopen()
        while try recorder.writer.maintain(isIdle: true) {}
        #expect(try recorder.value("SELECT count(*) FROM stale_segments") == .integer(0))
        try check()
    }

    @Test func `a prune ends when its pages are given back, and keeps the log short`() throws {
        var limits = StoreLimits()
        limits.checkpointBytes = 1 << 20
        let recorder = try Recorder(limits: limits)
        for number in 1...400 as ClosedRange<UInt64> {
            let workflow = identifier(number)
            try recorder.send(
                workflowStart(workflow, at: 1) { $0.userInput = noise(1_000, seed: number) }, workflowEnd(workflow),
                generation(identifier(1_000 + number), in: workflow) { $0.output = noise(30_000, seed: number) })
        }
        while try recorder.writer.prune(before: 10, limit: 1).hasMore {}
        let (free, pages) = (
            try recorder.writer.connection.integer("PRAGMA freelist_count"),
            try recorder.writer.connection.integer("PRAGMA page_count")
        )
        #expect(free <= 256)
        #expect(pages < 600)
        #expect(FileSize.bytes(recorder.database.path + "-wal") < 8 << 20)
    }

    @Test func `a running workflow that was heard of since stays, and its records go on`() throws {
        try record(1, at: 1_000, ends: false)
        try record(2, at: 1_000)
        #expect(try prune(before: 2_000) == 1)
        #expect(try recorder.value("SELECT status FROM workflows") == .text("running"))
        #expect(try recorder.codes(workflowEnd(identifier(10), at: 5_000)) == [.ok])
        try check()
    }

    @Test func `a running workflow stays that was heard of a moment before, and later than its row says`() throws {
        try record(1, at: 1_000, ends: false)
        guard case .integer(let heard) = try recorder.value("SELECT heard_at FROM workflows") else { return }
        #expect(try prune(before: heard + 9_000) == 0)
        #expect(try prune(before: heard + 10_001) == 1)
    }

    @Test func `what is pruned is unknown from then on, also to what was remembered`() throws {
        try record(1, at: 1_000)
        #expect(try prune(before: 2_000) == 1)
        let late = generation(identifier(99), in: identifier(10), node: identifier(11))
        #expect(try recorder.codes(late) == [.parked])
        try record(1, at: 1_000)
        #expect(try recorder.value("SELECT count(*) FROM generations") == .integer(2))
        try check()
    }

    @Test func `when all is pruned, values are laid behind those that are gone`() throws {
        for number in 1...3 as ClosedRange<UInt64> { try record(number, at: 1, bytes: 800_000) }
        let end = try recorder.value("SELECT max(start + raw_bytes) FROM segments")
        #expect(try pruneAll(before: 10) == 3)
        #expect(try recorder.value("SELECT max(start + raw_bytes) FROM segments") == end)
        #expect(try recorder.value("SELECT sum(length(data)) < 10000 FROM segments") == .integer(1))
        try recorder.reopen()
        try record(4, at: 20)
        try check()
    }

    @Test func `the action checks what it is given`() throws {
        let wrong: [[String: Value]] = [
            [:], ["before": .text("x")], ["before": .integer(1), "limit": .integer(0)],
            ["before": .integer(1), "limit": .integer(65)], ["before": .integer(1), "id": .integer(1)],
        ]
        for arguments in wrong {
            let answer = try recorder.writer.perform("prune", arguments: arguments, nowMs: 1)
            guard case .failure(let fault) = answer else {
                Issue.record("\(arguments) was taken")
                continue
            }
            #expect(fault.code == .invalidArgument)
        }
        try record(1, at: 1)
        let answer = try recorder.writer.perform("prune", arguments: ["before": .integer(5)], nowMs: 1).get()
        #expect(answer.rows.rows == [[.integer(1), .integer(0)]])
    }
}
