import Foundation
import Testing

/// What a program had recorded when it died, at any instant, with the collector there, gone or coming back.
@Suite("A program that is killed while it records loses nothing that it had recorded", .timeLimit(.minutes(8)))
struct KilledRecordingTests {
    private let directory: TestDirectory

    init() throws {
        directory = try TestDirectory()
    }

    private enum Begin: String { case start, record }

    private var spool: String { directory.file("spool") }

    /// Runs a program that records, until it kills itself; returns how many of its calls had returned.
    ///
    /// - Parameters:
    ///   - life: microseconds; 0 for ever.
    ///   - begin: from when they count. A program that starts slowly may die before it has recorded anything, which shows
    ///     nothing: so some live on from their first record.
    private func record(
        _ name: String, at address: String, life: Int, from begin: Begin = .start, count: Int = 1_000_000
    ) async throws -> Int64 {
        let progress = directory.file("progress-\(name)")
        let outcome = try await Program(executable: Paths.recordingHost).run(
            [spool, address, progress, name, "\(count)", "\(life)", begin.rawValue])
        #expect(outcome.exit == (life == 0 ? 0 : SIGKILL), "\(outcome.errors)")
        let bytes = FileManager.default.contents(atPath: progress) ?? Data()
        let recorded = bytes.count == 8 ? bytes.withUnsafeBytes { $0.loadUnaligned(as: Int64.self) } : 0
        if begin == .record { #expect(recorded > 0) }
        return recorded
    }

    /// How many nodes of each workflow are there, and whether they are there once and in their order.
    private func found(_ collector: CollectorProcess) async throws -> [String: (nodes: Int64, isInOrder: Bool)] {
        let sql = """
            SELECT w.name, count(n.id) AS nodes, count(DISTINCT n.execution_order) AS orders,
                coalesce(max(n.execution_order), 0) AS last,
                sum(n.id <= coalesce((SELECT max(b.id) FROM nodes b WHERE b.workflow_id = n.workflow_id
                    AND b.execution_order = n.execution_order - 1), 0)) AS inversions
            FROM workflows w LEFT JOIN nodes n ON n.workflow_id = w.id GROUP BY w.id
            """
        let answer = try await collector.run("sql", sql, "--format", "json")
        var found: [String: (Int64, Bool)] = [:]
        for row in try answer.rows() {
            let name = try #require(row["name"] as? String)
            let nodes = Int64(try #require(row["nodes"] as? Int))
            #expect(found[name] == nil, "\(name) is there twice")
            let isInOrder =
                row["orders"] as? Int == Int(nodes) && row["last"] as? Int == Int(nodes)
                && (row["inversions"] as? Int ?? 0) == 0
            found[name] = (nodes, isInOrder)
        }
        return found
    }

    /// Delivers what is left, and compares what is there with what had been recorded.
    private func expectAll(_ recorded: [String: Int64], _ collector: CollectorProcess) async throws {
        let forwarded = try await collector.run("forward", spool)
        #expect(forwarded.exit == 0, "\(forwarded.text)\(forwarded.errors)")
        let found = try await found(collector)
        for (name, count) in recorded {
            let there = found[name] ?? (nodes: 0, isInOrder: true)
            // The last one may be there although its call had not returned.
            #expect(count...(count + 1) ~= there.nodes, "\(name): \(count) were recorded, \(there.nodes) are there")
            #expect(there.isInOrder, "\(name) is not in order")
        }
        #expect(try FileManager.default.contentsOfDirectory(atPath: spool).isEmpty)
        let rejected = try await collector.run("sql", "SELECT count(*) AS n FROM rejected_records", "--format", "json")
        #expect(try rejected.rows().first?["n"] as? Int == 0)
        #expect(try await collector.run("check").exit == 0)
    }

    @Test("with the collector there, over and over, each delivering what the one before has left")
    func collectorThere() async throws {
        let collector = try await CollectorProcess(directory: directory)
        var recorded: [String: Int64] = [:]
        for number in 0..<150 {
            let name = "run-\(number)"
            recorded[name] = try await record(
                name, at: collector.address,
                life: .random(in: 500...60_000), from: number.isMultiple(of: 2) ? .start : .record)
        }
        try await expectAll(recorded, collector)
    }

    @Test("with no collector there, and several at once")
    func collectorGone() async throws {
        var deserted: DesertedAddress? = try DesertedAddress()
        let address = try #require(deserted?.text)
        var recorded: [String: Int64] = [:]
        for round in 0..<25 {
            async let first = record("first-\(round)", at: address, life: .random(in: 500...40_000))
            async let second = record(
                "second-\(round)", at: address, life: .random(in: 500...40_000), from: .record)
            recorded["first-\(round)"] = try await first
            recorded["second-\(round)"] = try await second
        }
        deserted = nil
        let back = try await CollectorProcess(directory: directory, arguments: ["--listen", address])
        try await expectAll(recorded, back)
    }

    @Test("with a collector that is killed, too")
    func collectorKilled() async throws {
        var collector = try await CollectorProcess(directory: directory)
        var recorded: [String: Int64] = [:]
        let address = collector.address
        for round in 0..<15 {
            async let first = record("first-\(round)", at: address, life: .random(in: 20_000...200_000))
            async let second = record(
                "second-\(round)", at: address, life: .random(in: 20_000...200_000), from: .record)
            collector = try await collector.restarted()
            recorded["first-\(round)"] = try await first
            recorded["second-\(round)"] = try await second
        }
        try await expectAll(recorded, collector)
    }

    @Test("and a program that ends as it should leaves nothing behind")
    func shutDown() async throws {
        let collector = try await CollectorProcess(directory: directory)
        let killed = try await record("killed", at: collector.address, life: 5_000)
        let whole = try await record("whole", at: collector.address, life: 0, count: 500)
        #expect(whole == 500)
        #expect(try FileManager.default.contentsOfDirectory(atPath: spool).isEmpty)
        try await expectAll(["killed": killed, "whole": whole], collector)
    }

    @Test("and one that just ends has sent what it had, if the collector is there", arguments: [false, true])
    func left(inMemory: Bool) async throws {
        let collector = try await CollectorProcess(directory: directory)
        let outcome = try await Program(executable: Paths.recordingHost).run(
            ["leave", inMemory ? "memory" : spool, collector.address, "20000"])
        #expect(outcome.exit == 0, "\(outcome.errors)")
        let rows = try await collector.run("sql", "SELECT count(*) AS n FROM nodes", "--format", "json").rows()
        #expect(rows.first?["n"] as? Int == 20_000)
        if !inMemory { #expect(try FileManager.default.contentsOfDirectory(atPath: spool).isEmpty) }
    }

    @Test("and one that just ends leaves it in the spool, if nobody is there")
    func leftBehind() async throws {
        let deserted = try DesertedAddress()
        let outcome = try await Program(executable: Paths.recordingHost).run(["leave", spool, deserted.text, "500"])
        #expect(outcome.exit == 0, "\(outcome.errors)")
        let collector = try await CollectorProcess(directory: directory)
        #expect(try await collector.run("forward", spool).exit == 0)
        let rows = try await collector.run("sql", "SELECT count(*) AS n FROM nodes", "--format", "json").rows()
        #expect(rows.first?["n"] as? Int == 500)
    }

    @Test("and one that forks goes on as if nothing had happened, with a child that records nothing")
    func forked() async throws {
        let collector = try await CollectorProcess(directory: directory)
        let outcome = try await Program(executable: Paths.recordingHost).run(["fork", spool, collector.address])
        #expect(outcome.exit == 0, "\(outcome.errors)")
        let sql =
            "SELECT w.status, n.node_name AS name FROM workflows w JOIN nodes n ON n.workflow_id = w.id ORDER BY n.id"
        let rows = try await collector.run("sql", sql, "--format", "json").rows()
        #expect(rows.compactMap { $0["name"] as? String } == ["before", "after"])
        #expect(rows.allSatisfy { $0["status"] as? String == "completed" })
    }
}
