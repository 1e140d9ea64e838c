import Foundation
import NIOConcurrencyHelpers
import Testing
import TracewireProtocol

@testable import Tracewire

/// Damage to what was made into batches already, as whoever adopts the spool meets it.
@Suite(.timeLimit(.minutes(5))) final class DamagedBatchTests {
    private static let wide = BatchLimits(bytes: 1 << 20, records: 4096, recordBytes: 1 << 20)
    private static let names = (0..<12).map { "user-\($0)-" + String(repeating: "x", count: 200) }

    private let fixture: SpoolFixture
    private let file: String

    /// A segment of ``names``, four to a batch, of which the first two are made.
    init() throws {
        fixture = try SpoolFixture()
        let queue = try fixture.queue(batchRecords: 4)
        for name in Self.names { _ = queue.append(.user(name)) }
        for sequence in 1...2 as ClosedRange<UInt64> {
            guard case .batch = queue.batch(sequence, Self.wide, allowsPartial: true, whenReady: {}) else {
                throw FakeCollectorError.closed
            }
        }
        queue.abandon()
        file = try #require(try fixture.segments().first)
    }

    private func change(_ body: (inout [UInt8]) throws -> Void) throws {
        var bytes = [UInt8](try #require(FileManager.default.contents(atPath: file)))
        try body(&bytes)
        try Data(bytes).write(to: URL(filePath: file))
    }

    /// Where the entry of that name lies.
    private static func entry(_ number: Int, _ bytes: [UInt8]) throws -> Range<Int> {
        var position = SpoolFormat.headerBytes
        for _ in 0..<number { position += try size(bytes, position) }
        return position..<(position + (try size(bytes, position)))
    }

    private static func size(_ bytes: [UInt8], _ position: Int) throws -> Int {
        bytes.withUnsafeBytes { SpoolFormat.entryBytes(Int($0.number(UInt32.self, at: position))) }
    }

    private func adopted() throws -> RecordQueue {
        let (spool, recovered) = try fixture.recover()
        return RecordQueue.adopting(spool, recovered)
    }

    /// What is sent by a sender that renumbers when it is told to; ends, whatever the queue says.
    private static func sent(_ queue: RecordQueue) -> [String] {
        for _ in 0..<3 {
            let batches = queue.batches(from: queue.sequences.lowest)
            guard queue.waitsForNumbers else { return batches.usernames }
            queue.renumber(for: Identifier(high: 9, low: 9))
        }
        return []
    }

    @Test(arguments: [(3, 4), (2, 5), (0, 3), (4, 7), (7, 8), (0, 7)])
    func `a stretch that was lost costs the records in it, whichever batches it lies in`(first: Int, last: Int) throws {
        try change { bytes in
            let range = try Self.entry(first, bytes).lowerBound..<Self.entry(last, bytes).upperBound
            bytes.replaceSubrange(range, with: [UInt8](repeating: 0, count: range.count))
        }
        let queue = try adopted()
        #expect(Self.sent(queue) == Array(Self.names[..<first] + Self.names[(last + 1)...]))
        queue.acknowledge(through: queue.sequences.highest, verdicts: [])
        #expect(queue.progress.answered == queue.progress.recorded)
    }

    @Test func `a record of which only the length is whole is not sent, though a batch begins with it`()
        throws
    {
        try change { bytes in
            let third = try Self.entry(3, bytes)
            let fourth = try Self.entry(4, bytes)
            for place in (third.lowerBound + 40)..<third.upperBound { bytes[place] = 0 }
            for place in (fourth.lowerBound + 40)..<fourth.upperBound { bytes[place] = 0 }
        }
        #expect(Self.sent(try adopted()) == Array(Self.names[..<3] + Self.names[5...]))
    }

    @Test func `a file that is cut short after it was looked at costs what was cut off, and no more`() throws {
        let queue = try adopted()
        var end = 0
        try change { bytes in
            end = try Self.entry(5, bytes).upperBound
            bytes.removeSubrange(end...)
        }
        #expect(Self.sent(queue) == Array(Self.names[...5]))
        #expect(queue.counts.unreadable == Self.names.count - 6)
        queue.acknowledge(through: queue.sequences.highest, verdicts: [])
        #expect(queue.progress.answered == queue.progress.recorded)
    }

    @Test func `the damaged segment of a spool is kept when all else of it is answered`() throws {
        try change { $0[try Self.entry(1, $0).lowerBound + 20] ^= 1 }
        let queue = try adopted()
        #expect(Self.sent(queue).count == Self.names.count - 1)
        queue.acknowledge(through: queue.sequences.highest, verdicts: [])
        queue.close(takesOwed: false)
        queue.finish()
        #expect(try SpoolDirectory.names(in: fixture.directory) == ["damaged"])
        #expect(try SpoolDirectory.names(in: fixture.directory + "/damaged").count == 1)
    }

    @Test func `a batch is numbered anew for a collector that takes other records than the one before`() throws {
        let queue = try adopted()
        _ = queue.batches()
        let narrow = BatchLimits(bytes: 1 << 20, records: 4096, recordBytes: 100)
        guard case .mustRenumber = queue.batch(1, narrow, allowsPartial: true, whenReady: {}) else {
            Issue.record("the batch is not what it was")
            return
        }
        queue.renumber(for: Identifier(high: 9, low: 9))
        #expect(queue.batches().usernames == Self.names)
    }

    @Test func `what a collector takes nothing of is counted once, however often numbers are taken back`() throws {
        let queue = try fixture.queue(batchRecords: 1)
        let names = ["small", String(repeating: "y", count: 600), "last"]
        for name in names { _ = queue.append(.user(name)) }
        let narrow = BatchLimits(bytes: 1 << 20, records: 1, recordBytes: 300)
        for round in 1...3 as ClosedRange<UInt64> {
            var sent: [QueuedBatch] = []
            for sequence in 1...2 as ClosedRange<UInt64> {
                guard case .batch(let batch) = queue.batch(sequence, narrow, allowsPartial: true) else { break }
                sent.append(batch)
            }
            #expect(sent.usernames == ["small", "last"])
            #expect(queue.counts.oversized == 1 && queue.counts.rejections.count == 1)
            #expect(queue.state.withLockedValue { $0.waitingRecords } == 0)
            queue.renumber(for: Identifier(high: 9, low: round))
            #expect(queue.counts.oversized == 0 && queue.counts.rejections.isEmpty)
            #expect(queue.state.withLockedValue { $0.waitingRecords } == 3)
        }
        for sequence in 1...2 as ClosedRange<UInt64> { _ = queue.batch(sequence, narrow, allowsPartial: true) }
        queue.acknowledge(through: 2, verdicts: [])
        #expect(queue.counts.oversized == 1 && queue.counts.committed == 2)
        #expect(queue.progress.answered == queue.progress.recorded && queue.progress.heldBytes == 0)
    }

    @Test(arguments: [32, 48])
    func `a number of an owner that no process can have reached is not believed`(offset: Int) throws {
        let owner = URL(filePath: file).deletingLastPathComponent().appending(path: "owner")
        var bytes = [UInt8](try Data(contentsOf: owner))
        bytes.replaceSubrange(
            offset..<(offset + 16), with: Array(repeating: 0xff, count: 8) + Array(repeating: 0, count: 8))
        try Data(bytes).write(to: owner)
        let (spool, recovered) = try fixture.recover()
        #expect(offset == 32 ? spool.owner.fields.epoch == nil : spool.owner.fields.acknowledged == 0)
        #expect(Self.sent(RecordQueue.adopting(spool, recovered)) == Self.names)
    }

    @Test func `a segment that cannot be read now is read later`() throws {
        let queue = try adopted()
        let told = Said()
        let path = SegmentFile(path: file)
        let begins = queue.state.withLockedValue { $0.beginLoading(path) { told.note() } }
        #expect(begins)
        for notify in queue.state.withLockedValue({ $0.finishLoading(path, .notNow) }) { notify() }
        #expect(told.isSaid)
        #expect(Self.sent(queue) == Self.names)
    }
}

extension RecordQueue {
    /// Whether the next batch cannot be sent under the numbers that there are.
    fileprivate var waitsForNumbers: Bool {
        let wide = BatchLimits(bytes: 1 << 20, records: 4096, recordBytes: 1 << 20)
        let sequences = sequences
        for sequence in sequences.lowest..<(sequences.highest + 2) {
            if case .mustRenumber = batch(sequence, wide, allowsPartial: true, whenReady: {}) { return true }
        }
        return false
    }
}
