import Logging
import NIOConcurrencyHelpers
import Testing
import TracewireProtocol

@testable import TracewireCollector
@testable import TracewireStore

@Suite("The keeper of what a database may have")
struct RetentionKeeperTests {
    private let directory: TemporaryDirectory
    private let writer: StoreWriter
    private let counters = CollectorCounters()
    private let heard = HeardLines()
    private let time = NIOLockedValueBox(ContinuousClock.now)
    private let producer = Identifier(milliseconds: 9)
    private var sequence: UInt64 = 0

    init() throws {
        directory = try TemporaryDirectory()
        writer = try StoreWriter(path: directory.path + "/traces.db")
    }

    private func keeper(retain: Duration? = nil, maximumBytes: Int64? = nil) -> RetentionKeeper {
        var configuration = CollectorConfiguration(databasePath: directory.path + "/traces.db")
        (configuration.retain, configuration.maximumDiskBytes) = (retain, maximumBytes)
        let time = time
        return RetentionKeeper(configuration, counters: counters, logger: heard.logger) { time.withLockedValue { $0 } }
    }

    private func pass(_ duration: Duration) { time.withLockedValue { $0 += duration } }

    /// Steps until the keeper rests.
    private func round(_ keeper: inout RetentionKeeper) {
        repeat { keeper.step(writer, isIdle: true) } while keeper.hasMore
    }

    /// Runs that began and ended long ago, with inputs that nothing makes smaller.
    private mutating func record(_ numbers: ClosedRange<Int64>, bytes: Int = 0) throws {
        if sequence == 0 {
            _ = try writer.commit(
                [], openings: [ProducerOpening(id: producer, epoch: 1, nextSequence: 1, clientName: "c", nowMs: 1)],
                nowMs: 1)
        }
        var body = WireWriter()
        var random = SystemRandomNumberGenerator()
        for number in numbers {
            var start = WorkflowStart<String>()
            start.workflow = Identifier(milliseconds: 1_000 + number)
            start.name = "old"
            start.userInput = String(
                decoding: (0..<bytes).map { _ in UInt8.random(in: 48...122, using: &random) }, as: UTF8.self)
            var end = WorkflowEnd<String>()
            (end.workflow, end.status) = (start.workflow, Status.completed.rawValue)
            body.appendBatchEntry(Record(atMs: number, event: .workflowStart(start)))
            body.appendBatchEntry(Record(atMs: number + 1, event: .workflowEnd(end)))
        }
        sequence += 1
        let batch = try IncomingBatch(producer: producer, epoch: 1, sequence: sequence, bytes: body.bytes)
        let outcomes = try writer.commit([batch], openings: [], nowMs: 1).batches
        #expect(outcomes == [.committed([])])
    }

    private var told: [String] { heard.lines.filter { $0.contains("old workflows were removed") } }

    @Test("what goes is told in one line a minute, all of it, and the rest at the end")
    mutating func lines() throws {
        var keeper = keeper(retain: .seconds(1))
        for number in 0..<15 as Range<Int64> {
            try record(number * 10...number * 10 + 2)
            round(&keeper)
            pass(.seconds(1))
        }
        #expect(told == ["notice old workflows were removed for_age=3 for_room=0 rejected_or_waiting_records=0"])
        pass(.seconds(60))
        round(&keeper)
        #expect(
            told.dropFirst() == [
                "notice old workflows were removed for_age=42 for_room=0 rejected_or_waiting_records=0"
            ])
        pass(.seconds(1))
        try record(500...501)
        round(&keeper)
        #expect(told.count == 2)
        keeper.stop()
        #expect(
            told.dropFirst(2) == [
                "notice old workflows were removed for_age=2 for_room=0 rejected_or_waiting_records=0"
            ])
    }

    @Test("a database is brought below the smallest limit, and nobody is told that it is not")
    mutating func smallLimit() throws {
        var keeper = keeper(maximumBytes: 1_000_000)
        for round in 0..<8 as Range<Int64> {
            try record(round * 100...round * 100 + 40, bytes: 10_000)
            self.round(&keeper)
            #expect(try writer.space().fileBytes <= 1_000_000, "round \(round)")
            pass(.seconds(1))
        }
        #expect(counters.snapshot.retention.shortage == nil)
        #expect(heard.lines.allSatisfy { !$0.contains("more room than it may") })
        #expect(counters.snapshot.retention.workflowsForRoom > 100)
    }

    @Test("who reads keeps the log from being emptied, which is told until it ends")
    mutating func heldLog() throws {
        var keeper = keeper(maximumBytes: 1_500_000)
        let reader = try Connection(path: directory.path + "/traces.db", flags: 1)
        try reader.execute("BEGIN")
        _ = try reader.integer("SELECT count(*) FROM workflows")
        try record(1...100, bytes: 20_000)
        round(&keeper)
        #expect(counters.snapshot.retention.shortage == .logInUse)
        try reader.execute("COMMIT")
        pass(.seconds(1))
        round(&keeper)
        #expect(counters.snapshot.retention.shortage == nil)
        #expect(try writer.space().fileBytes <= 1_500_000)
    }
}
