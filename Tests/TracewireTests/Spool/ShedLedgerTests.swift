import Foundation
import Testing
import TracewireProtocol

@testable import Tracewire

/// What was shed is known when the process dies before it could say so.
@Suite(.timeLimit(.minutes(5))) struct ShedLedgerTests {
    private static let workflow = Identifier(high: 2, low: 2)

    private static func counts(_ records: Int64, _ payloads: Int64) -> ShedCounts {
        ShedCounts(workflow: workflow, source: Identifier(high: 3, low: 3), records: records, payloads: payloads)
    }

    private static func reports(_ queue: RecordQueue) throws -> [WorkflowShed] {
        try queue.batches().flatMap { try IncomingBatch.records(in: $0.bytes.span) }.compactMap { record in
            guard case .workflowShed(let shed) = try record.content.get().event else { return nil }
            return shed
        }
    }

    @Test func `whoever takes over a spool reports what its process had shed`() throws {
        let fixture = try SpoolFixture()
        let queue = try fixture.queue(disk: 64 << 10)
        for number in 1...3_000 as ClosedRange<UInt64> { _ = queue.append(.payload(1_000, node: number)) }
        let counts = queue.counts
        queue.abandon()
        let (spool, recovered) = try fixture.recover()
        let adopted = RecordQueue.adopting(spool, recovered)
        #expect(adopted.reportShed(waitsForRoom: false).reports == 1)
        let report = try #require(try Self.reports(adopted).first)
        #expect(report.workflow == Self.workflow)
        #expect(report.records == Int64(try #require(counts.shed[.nodeEnd])))
        #expect(report.payloads == Int64(try #require(counts.payloadsShed[.nodeEnd])))
    }

    @Test func `what was reported before is reported under the same source, so that it is not added`() throws {
        let fixture = try SpoolFixture()
        let queue = try fixture.queue(disk: 64 << 10)
        for number in 1...600 as ClosedRange<UInt64> { _ = queue.append(.payload(1_000, node: number)) }
        let sent = queue.batches()
        queue.acknowledge(through: UInt64(sent.count), verdicts: [])
        #expect(queue.reportShed(waitsForRoom: false).reports == 1)
        queue.abandon()
        let (spool, recovered) = try fixture.recover()
        let adopted = RecordQueue.adopting(spool, recovered)
        #expect(adopted.reportShed(waitsForRoom: false).reports == 1)
        let batches = adopted.batches(from: UInt64(sent.count) + 1)
        let reports = try batches.flatMap { try IncomingBatch.records(in: $0.bytes.span) }.compactMap { record in
            if case .workflowShed(let shed) = try record.content.get().event { shed } else { nil }
        }
        #expect(reports.count == 2 && reports.first == reports.last)
    }

    @Test func `a spool in which nothing but counts are left is not removed before they are said`() throws {
        let fixture = try SpoolFixture()
        let queue = try fixture.queue()
        _ = queue.countShed(Record.payload(9).event, isOwed: false)
        queue.finish()
        #expect(try SpoolDirectory.spools(in: fixture.directory).count == 1)
        let (spool, recovered) = try fixture.recover()
        let adopted = RecordQueue.adopting(spool, recovered)
        #expect(adopted.reportShed(waitsForRoom: false).reports == 1)
        adopted.acknowledge(through: UInt64(adopted.batches().count), verdicts: [])
        adopted.finish()
        #expect(try SpoolDirectory.spools(in: fixture.directory).isEmpty)
    }

    @Test func `what whoever takes over leaves out as well is said beside it, also when that one dies`() throws {
        let fixture = try SpoolFixture()
        let queue = try fixture.queue()
        for _ in 0..<3 { _ = queue.countShed(Record.payload(9).event, isOwed: false) }
        queue.abandon()
        let (spool, recovered) = try fixture.recover()
        let first = RecordQueue.adopting(spool, recovered)
        _ = first.countShed(Record.payload(9).event, isOwed: false)
        #expect(first.reportShed(waitsForRoom: false).reports == 2)
        first.abandon()
        let (again, left) = try fixture.recover()
        #expect(left.shed.map(\.counts.records).sorted() == [1, 3])
        #expect(Set(left.shed.map(\.counts.source)).count == 2)
        #expect(RecordQueue.adopting(again, left).reportShed(waitsForRoom: false).reports == 2)
    }

    @Test func `whoever delivers for another takes no payloads, however little room there is`() throws {
        let fixture = try SpoolFixture()
        let queue = try fixture.queue()
        for number in 1...200 as ClosedRange<UInt64> { _ = queue.append(.payload(1_000, node: number)) }
        _ = queue.countShed(Record.payload(9).event, isOwed: false)
        queue.abandon()
        let (spool, recovered) = try fixture.recover()
        let narrow = QueueLimits(
            memory: 1 << 20, disk: 64 << 10, batchBytes: 4096, batchRecords: 100, segmentBytes: 16 << 10)
        let adopted = RecordQueue(narrow, SegmentFiles(spool), recovered: recovered)
        _ = adopted.reportShed(waitsForRoom: false)
        let ends = try adopted.batches().flatMap { try IncomingBatch.records(in: $0.bytes.span) }.filter { record in
            if case .nodeEnd(let end) = try record.content.get().event { end.stateData != nil } else { false }
        }
        #expect(ends.count == 200)
        #expect(adopted.counts.payloadsShed.isEmpty)
    }

    @Test func `a step that is owed counts until it is recorded`() throws {
        let fixture = try SpoolFixture()
        let queue = try fixture.queue()
        queue.noteOwed(Self.workflow, 2)
        let path = try #require(try SpoolDirectory.spools(in: fixture.directory).first)
        #expect(ShedLedger.rows(in: path).map(\.counts.records) == [2])
        // It is not lost yet.
        #expect(queue.reportShed(waitsForRoom: false).reports == 0)
        queue.noteOwed(Self.workflow, -2)
        #expect(ShedLedger.rows(in: path).isEmpty)
    }

    @Test func `a row that is damaged, or was being written, never says another count`() throws {
        let fixture = try SpoolFixture()
        let ledger = try ShedLedger(creatingIn: fixture.directory)
        let counts = Self.counts(70_000, 3)
        ledger.write(counts, row: 5)
        #expect(ShedLedger.rows(in: fixture.directory) == [ShedLedger.Row(number: 5, counts: counts)])
        let file = "\(fixture.directory)/\(ShedLedger.fileName)"
        let bytes = [UInt8](try #require(FileManager.default.contents(atPath: file)))
        for position in 240..<288 {
            var damaged = bytes
            damaged[position] ^= 0x10
            try Data(damaged).write(to: URL(fileURLWithPath: file))
            for found in ShedLedger.rows(in: fixture.directory).map(\.counts) {
                #expect(found.workflow == counts.workflow && found.source == counts.source)
                #expect([0, counts.records].contains(found.records) && [0, counts.payloads].contains(found.payloads))
            }
        }
        for count in 0..<bytes.count where count % 97 == 0 {
            try Data(bytes.prefix(count)).write(to: URL(fileURLWithPath: file))
            #expect(ShedLedger.rows(in: fixture.directory).map(\.counts) == (count >= 288 ? [counts] : []))
        }
    }
}
