import Testing
import TracewireProtocol

@testable import TracewireStore

/// Pruning under traffic: the rollups, and how much is done at a time.
struct PrunedTrafficTests {
    private let recorder: Recorder
    private let now = Recorder.now

    init() throws {
        recorder = try Recorder()
    }

    /// Whatever comes between, the rollups say what the rows say, but for values that are still looked for.
    @Test(arguments: 1...4 as ClosedRange<UInt64>)
    func `rollups are right after traffic, pruning, maintenance, failures and restarts`(seed: UInt64) throws {
        try recorder.send(all: RandomTraffic.users.map { user($0, at: now - 20 * 86_400_000) })
        var traffic = RandomTraffic(seed: seed, until: now, days: 2)
        for records in traffic.batches(traffic.records(runs: 100)) { try recorder.send(all: records) }
        let before = now - 30_000_000
        var wasLost = 0
        for round in 0..<80 {
            switch traffic.pick([0, 0, 1, 1, 1, 2, 2, 2, 3, 4, 5]) {
            case 0: for records in traffic.batches(traffic.records(runs: 4)) { try recorder.send(all: records) }
            case 1: _ = try recorder.writer.prune(before: before, limit: Int(traffic.time(1..<4)))
            case 2:
                for _ in 0..<traffic.time(1..<20) { _ = try recorder.restoreExtremes(rows: Int(traffic.time(1..<30))) }
            case 3: try recorder.reopen()
            case 4: try fail()
            default: try recorder.send(all: traffic.late() + traffic.late())
            }
            #expect(try recorder.writer.rollupDifferences(limit: 5) == [], "round \(round)")
            if try recorder.lostExtremes() != .integer(0) { wasLost += 1 }
        }
        #expect(wasLost > 40)
        while try recorder.writer.prune(before: before, limit: 5).hasMore {}
        #expect(try recorder.lostExtremes() == .integer(0))
        #expect(try recorder.writer.rollupDifferences(limit: 5) == [])
        #expect(try recorder.value("SELECT count(*) > 15 FROM workflows") == .integer(1))
    }

    /// A transaction that takes the oldest run away, and does not succeed.
    private func fail() throws {
        #expect(throws: StoreError.self) {
            try recorder.writer.write { () throws(StoreError) in
                _ = try recorder.writer.pruning.step(.began(before: .max), limit: 1)
                try recorder.writer.applier.rollups.flush()
                throw StoreError(.io, "the disk failed")
            }
        }
    }

    /// One user's runs of one hour: `older` ones that go, each with the greatest values of those that are left, and others.
    private func record(_ count: Int, older: Int) throws {
        try recorder.send(user("kim"))
        for start in stride(from: 0, to: count, by: 500) {
            let numbers = start..<min(start + 500, count)
            let runs = numbers.flatMap { run($0, took: $0 < older ? 9_000 - Int64($0) : 200 + Int64($0 % 700)) }
            try recorder.send(all: runs)
        }
    }

    private func run(_ number: Int, took: Int64) -> [Record<String>] {
        let first = 1_000 + 10 * UInt64(number)
        let (workflow, node, at) = (identifier(first), identifier(first + 1), Int64(number))
        return [
            workflowStart(workflow, at: at, user: "kim"), describedStart(node, in: workflow, at: at),
            nodeEnd(node, in: workflow, at: at) { $0.durationMs = took },
            generation(identifier(first + 2), in: workflow, at: at) { $0.latencyMs = took },
            workflowEnd(workflow, at: at + took),
        ]
    }

    @Test(arguments: [false, true])
    func `no step reads an hour whole, however many runs it has`(isBrokenOff: Bool) throws {
        try record(2_600, older: 40)
        recorder.writer.checkpoint()
        var steps: [Int] = []
        func step(_ body: () throws -> Bool) throws -> Bool {
            let before = recorder.writer.operations
            defer { steps.append(recorder.writer.operations - before) }
            return try body()
        }
        for _ in 0..<40 { _ = try step { try recorder.writer.prune(before: 40, limit: 1).hasMore } }
        #expect(try recorder.value("SELECT count(*) FROM workflows") == .integer(2_560))
        #expect(try recorder.lostExtremes() == .integer(3))
        if isBrokenOff {
            try recorder.reopen()
            while try step({ try recorder.writer.maintain(isIdle: true) }) {}
        } else {
            while try step({ try recorder.writer.prune(before: 40, limit: 1).hasMore }) {}
        }
        // Nodes, calls and runs, each a thousand at a time.
        #expect(steps.count > 40 + 3 * 2)
        #expect(try #require(steps.max()) < 25 * RollupExtremes.rowsPerStep, "\(steps)")
        #expect(try recorder.lostExtremes() == .integer(0))
        #expect(try recorder.writer.rollupDifferences(limit: 5) == [])
        let answer = try StoreReader(path: recorder.database.path).report("stats_models")
        #expect(try answer.column("max_latency_ms") == [.integer(899)])
    }
}
