import Testing
import TracewireProtocol

@testable import Tracewire

@Suite struct RecordQueueTests {
    private let wide = BatchLimits(bytes: 1 << 20, records: 4096, recordBytes: 1 << 20)

    private func queue(memory: Int = 1 << 20, batchBytes: Int = 4096, batchRecords: Int = 100) -> RecordQueue {
        .inMemory(memory, batchBytes: batchBytes, batchRecords: batchRecords)
    }

    private func taken(
        _ queue: RecordQueue, _ sequence: UInt64, _ limits: BatchLimits? = nil
    ) throws -> QueuedBatch {
        guard case .batch(let batch) = queue.batch(sequence, limits ?? wide, allowsPartial: true) else {
            throw FakeCollectorError.closed
        }
        return batch
    }

    @Test func `a batch is the records in their order`() throws {
        let queue = queue()
        let records = ["a", "b", "c"].map { Record.user($0) }
        for record in records { #expect(queue.append(record).outcome == .queued) }
        var expected = WireWriter()
        for record in records { expected.appendBatchEntry(record) }
        #expect(try taken(queue, 1) == QueuedBatch(sequence: 1, bytes: expected.bytes, records: 3))
    }

    @Test func `a batch that was taken keeps its sequence and bytes until it is acknowledged`() throws {
        let queue = queue()
        _ = queue.append(.user("a"))
        let first = try taken(queue, 1)
        _ = queue.append(.user("b"))
        #expect(try taken(queue, 1) == first)
        #expect(try taken(queue, 2).records == 1)
        #expect(queue.sequences == HeldSequences(lowest: 1, highest: 2))
        queue.acknowledge(through: 1, verdicts: [])
        #expect(queue.sequences == HeldSequences(lowest: 2, highest: 2))
        queue.acknowledge(through: 2, verdicts: [])
        #expect(queue.sequences == HeldSequences(lowest: 3, highest: 2))
        #expect(queue.progress.heldBytes == 0)
    }

    @Test func `records fill batches of the configured size, and a partial one only goes when it may`() throws {
        let queue = queue(batchBytes: 4096)
        for _ in 0..<8 { _ = queue.append(.payload(1000)) }
        guard case .batch(let full) = queue.batch(1, wide, allowsPartial: false) else {
            Issue.record("no full batch")
            return
        }
        #expect(full.records == 3)
        #expect(full.bytes.count <= 4096)
        _ = queue.batch(2, wide, allowsPartial: false)
        #expect(queue.batch(3, wide, allowsPartial: false) == .onlyPartial)
        #expect(try taken(queue, 3).records == 2)
        #expect(queue.batch(4, wide, allowsPartial: true) == .empty)
    }

    @Test func `a batch has no more records than configured`() throws {
        let queue = queue(batchRecords: 2)
        for name in ["a", "b", "c"] { _ = queue.append(.user(name)) }
        #expect(try taken(queue, 1).records == 2)
        #expect(try taken(queue, 2).records == 1)
    }

    @Test func `a large record is queued in its place`() throws {
        let queue = queue()
        _ = queue.append(.user("before"))
        _ = queue.append(.payload(100_000))
        _ = queue.append(.user("after"))
        #expect(try (1...3).map { try taken(queue, $0).records } == [1, 1, 1])
        #expect(try taken(queue, 2).bytes.count > 100_000)
        #expect(queue.progress.recorded == 3)
        queue.acknowledge(through: 2, verdicts: [])
        #expect(queue.progress.answered == 2)
    }

    @Test func `the sender is woken once for something and once for a full batch`() {
        let queue = queue(batchRecords: 2)
        #expect(queue.append(.user("a")).wake == .soon)
        #expect(queue.append(.user("b")).wake == .now)
        #expect(queue.append(.user("c")).wake == nil)
        #expect(queue.append(.user("d")).wake == nil)
        _ = queue.batch(1, wide, allowsPartial: true)
        _ = queue.batch(2, wide, allowsPartial: true)
        #expect(queue.append(.user("e")).wake == nil)
        _ = queue.batch(3, wide, allowsPartial: true)
        #expect(queue.batch(4, wide, allowsPartial: true) == .empty)
        #expect(queue.append(.user("f")).wake == .soon)
    }

    @Test func `a queue that rests wakes the sender again`() {
        let queue = queue()
        #expect(queue.append(.user("a")).wake == .soon)
        #expect(!queue.rest())
        _ = queue.batch(1, wide, allowsPartial: true)
        queue.acknowledge(through: 1, verdicts: [])
        #expect(queue.append(.user("b")).wake == nil)
        _ = queue.batch(2, wide, allowsPartial: true)
        queue.acknowledge(through: 2, verdicts: [])
        #expect(queue.rest())
        #expect(queue.append(.user("c")).wake == .soon)
    }

    @Test func `a record larger than the queue is refused, not waited for`() {
        let queue = queue(memory: 64 << 10)
        guard case .refused(let fault) = queue.append(.user(String(repeating: "x", count: 60_000))).outcome else {
            Issue.record("queued")
            return
        }
        #expect(fault.code == .tooLarge)
        #expect(queue.counts.refused == 1)
        #expect(queue.hasRoom(bytes: 1 << 30))
    }

    @Test func `a step that is larger than the queue is queued without what it carries, which is said`() {
        let queue = queue(memory: 64 << 10)
        let appended = queue.append(.payload(60_000))
        #expect(appended.outcome == .queued)
        #expect(appended.payloadFault?.code == .tooLarge)
        #expect(queue.counts.payloadsShed == [.nodeEnd: 1])
        #expect(queue.counts.refused == 0)
    }

    @Test func `a closed queue takes nothing`() {
        let queue = queue()
        queue.close(takesOwed: false)
        #expect(queue.append(.user("a")).outcome == .closed)
        #expect(queue.append(.payload(100_000)).outcome == .closed)
        #expect(queue.progress.recorded == 0)
    }

    @Test func `verdicts are counted, and rejections say what they are about`() throws {
        let queue = queue()
        for name in ["a", "b"] { _ = queue.append(.user(name)) }
        _ = queue.append(.payload(2000, node: 7))
        _ = try taken(queue, 1)
        let verdicts = [
            Verdict(sequence: 1, index: 1, code: .conflictingDuplicate, message: "another e-mail"),
            Verdict(sequence: 1, index: 2, code: .parked, message: ""),
        ]
        queue.acknowledge(through: 1, verdicts: verdicts)
        #expect(queue.counts.committed == 1)
        #expect(queue.counts.parked == 1)
        #expect(queue.counts.rejections == [Rejection(kind: .user, identity: "b", verdict: verdicts[0])])
        _ = queue.append(.payload(2000, node: 7))
        _ = try taken(queue, 2)
        let verdict = Verdict(sequence: 2, index: 0, code: .illegalTransition, message: "")
        queue.acknowledge(through: 2, verdicts: [verdict])
        let node = Identifier(high: 1, low: 7).description
        #expect(queue.counts.rejections.last == Rejection(kind: .nodeEnd, identity: node, verdict: verdict))
    }

    @Test func `only so many rejections are kept`() throws {
        let queue = queue(batchRecords: 4000)
        let count = DeliveryReport.rejectionsKept + 100
        for _ in 0..<count { _ = queue.append(.user("a")) }
        var verdicts: [Verdict] = []
        var sequence: UInt64 = 0
        while case .batch(let batch) = queue.batch(sequence + 1, wide, allowsPartial: true) {
            sequence = batch.sequence
            for index in 0..<UInt32(batch.records) {
                verdicts.append(Verdict(sequence: sequence, index: index, code: .missingField, message: ""))
            }
        }
        queue.acknowledge(through: sequence, verdicts: verdicts)
        #expect(queue.counts.rejected == count)
        #expect(queue.counts.rejections.count == DeliveryReport.rejectionsKept)
    }

    @Test func `a new producer numbers what is held from 1, in the same order`() throws {
        let queue = queue(batchRecords: 1)
        for name in ["a", "b", "c"] { _ = queue.append(.user(name)) }
        let first = try taken(queue, 1)
        queue.acknowledge(through: 1, verdicts: [])
        let second = try taken(queue, 2)
        queue.renumber(for: Identifier(high: 1, low: 1))
        #expect(queue.sequences == HeldSequences(lowest: 1, highest: 0))
        #expect(try taken(queue, 1).bytes == second.bytes)
        #expect(first.bytes != second.bytes)
        #expect(try taken(queue, 2).records == 1)
    }

    @Test(arguments: [
        BatchLimits(bytes: 0, records: 0, recordBytes: 0), .init(bytes: 1 << 20, records: 0, recordBytes: 1 << 20),
    ])
    func `cutting ends, whatever the limits are`(limits: BatchLimits) {
        let queue = queue()
        for _ in 0..<3 { _ = queue.append(.user("a")) }
        var sequence: UInt64 = 1
        while case .batch = queue.batch(sequence, limits, allowsPartial: true) { sequence += 1 }
        #expect(queue.batch(sequence, limits, allowsPartial: true) == .empty)
    }

    @Test func `batches are cut to a collector's smaller limits, and what fits into none is refused here`() throws {
        let queue = queue(batchRecords: 10)
        for _ in 0..<3 { _ = queue.append(.user("small")) }
        _ = queue.append(.user(String(repeating: "x", count: 2000)))
        _ = queue.append(.user("last"))
        let narrow = BatchLimits(bytes: 1000, records: 2, recordBytes: 1000)
        #expect(try taken(queue, 1, narrow).records == 2)
        #expect(try taken(queue, 2, narrow).records == 1)
        #expect(try taken(queue, 3, narrow).records == 1)
        #expect(queue.batch(4, narrow, allowsPartial: true) == .empty)
        #expect(queue.counts.oversized == 1)
        #expect(queue.counts.rejected == 0)
        #expect(queue.counts.rejections.map(\.verdict.code) == [.tooLarge])
        #expect(queue.counts.rejections.map(\.isKeptByCollector) == [false])
        queue.acknowledge(through: 3, verdicts: [])
        #expect(queue.progress.answered == queue.progress.recorded)
        #expect(queue.progress.heldBytes == 0)
    }

    @Test func `a step that is larger than the collector takes is sent without its payload`() throws {
        let queue = queue(batchRecords: 10)
        _ = queue.append(.payload(2000, node: 9))
        let narrow = BatchLimits(bytes: 1000, records: 2, recordBytes: 1000)
        let batch = try taken(queue, 1, narrow)
        #expect(batch.records == 1)
        #expect(batch.bytes.count < 100)
        #expect(queue.counts.payloadsShed == [.nodeEnd: 1])
        #expect(queue.counts.oversized == 0)
    }

    @Test func `a batch taken under larger limits must be numbered anew`() throws {
        let queue = queue()
        for _ in 0..<3 { _ = queue.append(.user("a")) }
        _ = try taken(queue, 1)
        #expect(
            queue.batch(1, BatchLimits(bytes: 1000, records: 2, recordBytes: 1000), allowsPartial: true)
                == .mustRenumber)
    }

    @Test func `memory that is used again holds nothing of what was there before`() throws {
        let queue = RecordQueue.inMemory(256 << 10, segmentBytes: 16 << 10)
        var sequence: UInt64 = 1
        for round in 0..<20 {
            let names = (0..<60).map { "user-\(round)-\($0)-" + String(repeating: "x", count: 900 - round * 40) }
            for name in names { #expect(queue.append(.user(name)).outcome == .queued) }
            let batches = queue.batches(from: sequence)
            #expect(batches.usernames == names)
            sequence += UInt64(batches.count)
            queue.acknowledge(through: sequence - 1, verdicts: [])
        }
    }
}
