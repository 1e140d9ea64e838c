import Synchronization
import Testing
import TracewireProtocol

@testable import Tracewire

/// What was shed is counted by workflow, and the collector hears of it.
@Suite(.timeLimit(.minutes(5))) struct ShedReportTests {
    private static let workflow = Identifier(high: 2, low: 2)

    /// What the records in a batch say about what was shed.
    private static func reports(_ batches: [QueuedBatch]) throws -> [WorkflowShed] {
        try batches.flatMap { try IncomingBatch.records(in: $0.bytes.span) }.compactMap { record in
            guard case .workflowShed(let shed) = try record.content.get().event else { return nil }
            return shed
        }
    }

    @Test func `the counts of all that was shed of a workflow are reported, and only once`() throws {
        let queue = RecordQueue.inMemory(64 << 10)
        while queue.append(.payload(1000)).outcome == .queued {}
        let counts = queue.counts
        #expect(queue.reportShed(waitsForRoom: true).reports == 0)
        let sent = queue.batches()
        queue.acknowledge(through: UInt64(sent.count), verdicts: [])
        #expect(queue.reportShed(waitsForRoom: true).reports == 1)
        #expect(queue.reportShed(waitsForRoom: false).reports == 0)
        let report = try #require(try Self.reports(queue.batches(from: UInt64(sent.count + 1))).first)
        #expect(report.workflow == Self.workflow)
        #expect(report.records == Int64(counts.shed[.nodeEnd] ?? 0))
        #expect(report.payloads == Int64(counts.payloadsShed[.nodeEnd] ?? 0))
    }

    @Test func `what is shed later is added to the counts of the same source`() throws {
        let queue = RecordQueue.inMemory(64 << 10)
        var reports: [WorkflowShed] = []
        var sequence: UInt64 = 1
        for _ in 0..<2 {
            while queue.append(.payload(1000)).outcome == .queued {}
            for _ in 0..<2 {
                let batches = queue.batches(from: sequence)
                sequence += UInt64(batches.count)
                queue.acknowledge(through: sequence - 1, verdicts: [])
                reports += try Self.reports(batches)
                _ = queue.reportShed(waitsForRoom: true)
            }
        }
        #expect(reports.count == 2)
        #expect(reports.first?.source == reports.last?.source)
        let counts = queue.counts
        #expect(reports.last?.records == Int64(counts.shed[.nodeEnd] ?? 0))
        #expect(reports.last?.payloads == Int64(counts.payloadsShed[.nodeEnd] ?? 0))
    }

    @Test func `steps that will be tried again are not counted as lost`() throws {
        let queue = RecordQueue.inMemory(64 << 10)
        while queue.append(.payload(1000)).outcome == .queued {}
        let lost = queue.counts.shed[.nodeEnd] ?? 0
        #expect(queue.append(.payload(1000), isOwedIfShed: true).outcome == .shed)
        queue.acknowledge(through: UInt64(queue.batches().count), verdicts: [])
        _ = queue.reportShed(waitsForRoom: false)
        let report = try #require(try Self.reports(queue.batches(from: queue.sequences.lowest)).first)
        #expect(report.records == Int64(lost))
    }

    @Test func `steps that nobody may come to try again count as lost, until they are recorded`() throws {
        let queue = RecordQueue.inMemory(64 << 10)
        queue.noteOwed(Self.workflow, 3)
        queue.giveUpOwed(Self.workflow, 3)
        queue.noteLost(Self.workflow, -1)
        #expect(queue.reportShed(waitsForRoom: false).reports == 1)
        #expect(try Self.reports(queue.batches()).map(\.records) == [2])
    }

    @Test func `steps of many nodes that find no room to the end are said to be missing`() async throws {
        let collector = try await FakeCollector.start()
        let (client, workflow) = FullQueue.fullClient(collector)
        // More than are remembered one by one, and all of one workflow.
        let nodes = (0..<(OwedSteps.limit + 50)).map { _ in workflow.startNode("late", type: "test") }
        #expect(client.core.owed.giveUp())
        let queue = client.core.queue
        queue.acknowledge(through: UInt64(queue.batches().count), verdicts: [])
        _ = queue.reportShed(waitsForRoom: false)
        let reports = try Self.reports(queue.batches(from: queue.sequences.lowest))
        let lost = try #require(reports.filter { $0.workflow == workflow.id }.last?.records)
        #expect(lost == Int64(nodes.count))
        _ = await client.shutdown(timeout: .zero)
    }

    @Test func `a table that is full of steps that are owed takes others when those are recorded`() {
        var tally = ShedTally()
        for number in 1...ShedTally.limit { tally.owe(Identifier(high: 0, low: UInt64(number)), 1) }
        let other = Identifier(high: 1, low: 1)
        tally.add(other, records: 1)
        #expect(!tally.hasReports)
        tally.owe(Identifier(high: 0, low: 7), -1)
        tally.add(other, records: 1)
        #expect(tally.takeReport()?.workflow == other)
    }

    @Test func `workflows beyond those that are counted cost no memory`() {
        var tally = ShedTally()
        for number in 1...(ShedTally.limit + 10) {
            tally.add(Identifier(high: 0, low: UInt64(number)), records: 1)
        }
        var reports = 0
        while tally.takeReport() != nil { reports += 1 }
        #expect(reports == ShedTally.limit)
        // Those that were reported make room.
        tally.add(Identifier(high: 1, low: 1), payloads: 1)
        #expect(tally.takeReport()?.payloads == 1)
    }
}
