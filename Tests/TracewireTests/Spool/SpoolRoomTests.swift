import NIOConcurrencyHelpers
import Testing
import TracewireProtocol

@testable import Tracewire

/// A directory of spools holds no more than a limit, however many processes have left something there.
@Suite(.timeLimit(.minutes(5))) struct SpoolRoomTests {
    private static let limits = QueueLimits(
        memory: 1 << 20, disk: 256 << 10, batchBytes: 4096, batchRecords: 100, segmentBytes: 64 << 10)

    /// In memory where the directory has no room for another spool, as a client does it.
    private static func queue(in directory: String, _ number: Int64, _ heard: Said) throws -> RecordQueue {
        do throws(SpoolError) {
            let spool = try Spool.create(
                in: directory, Identifier(milliseconds: number), "", limit: limits.disk, lookingAgainAfter: .zero)
            return RecordQueue(limits, SegmentFiles(spool, trouble: { _ in heard.note() }))
        } catch {
            heard.note()
            return RecordQueue(limits, SegmentFiles(nil))
        }
    }

    @Test func `processes that die one after the other leave no more than the limit, and go on in memory`() throws {
        let fixture = try SpoolFixture()
        let heard = Said()
        var queues: [RecordQueue] = []
        for number in 1...12 {
            let queue = try Self.queue(in: fixture.directory, Int64(number), heard)
            for node in 1...200 as ClosedRange<UInt64> { _ = queue.append(.payload(1_000, node: node)) }
            queue.abandon()
            queues.append(queue)
        }
        let segments = try SpoolDirectory.spools(in: fixture.directory).flatMap { spool in
            try SpoolDirectory.names(in: spool).filter { $0.hasSuffix(SpoolFormat.segmentSuffix) }
        }
        // A directory that is full gets no further spools, however many processes begin.
        #expect(try SpoolDirectory.spools(in: fixture.directory).count < 12)
        // Each has a spare one.
        #expect(segments.count * Self.limits.segmentBytes <= Self.limits.disk + 3 * Self.limits.segmentBytes)
        #expect(queues.first?.state.withLockedValue { $0.isOnDisk } == true)
        #expect(queues.last?.state.withLockedValue { $0.isOnDisk } == false)
        #expect(heard.isSaid)
        #expect(queues.last?.counts.shed.isEmpty == true)
    }

    @Test func `when others have gone there is room again`() throws {
        let fixture = try SpoolFixture()
        let (first, second) = try (
            Self.queue(in: fixture.directory, 1, Said()), Self.queue(in: fixture.directory, 2, Said())
        )
        while first.append(.user("somebody")).outcome == .queued {}
        var kept = 0
        while second.append(.user("somebody")).outcome == .queued { kept += 1 }
        #expect(second.progress.heldBytes <= Self.limits.disk / 4)
        first.acknowledge(through: UInt64(first.batches().count), verdicts: [])
        first.finish()
        // Whoever sheds looks again.
        _ = second.append(.user("somebody"))
        for _ in 0..<(kept * 2) { #expect(second.append(.user("somebody")).outcome == .queued) }
    }

    @Test func `files count as they are, also where large records leave much of them empty`() throws {
        let fixture = try SpoolFixture()
        let queue = try Self.queue(in: fixture.directory, 1, Said())
        for node in 1...40 as ClosedRange<UInt64> { _ = queue.append(.payload(40_000, node: node)) }
        let path = try #require(try SpoolDirectory.spools(in: fixture.directory).first)
        let segments = try SpoolDirectory.names(in: path).filter { $0.hasSuffix(SpoolFormat.segmentSuffix) }
        // One that is made ahead does not count before it is used.
        #expect(segments.count * Self.limits.segmentBytes <= Self.limits.disk + Self.limits.segmentBytes)
        queue.acknowledge(through: UInt64(queue.batches().count), verdicts: [])
        #expect(queue.progress.heldBytes == 0)
    }

    @Test func `spools that hold nothing are removed, and no others`() async throws {
        let fixture = try SpoolFixture()
        let (empty, living, full, counting) = try (
            Self.queue(in: fixture.directory, 1, Said()), Self.queue(in: fixture.directory, 2, Said()),
            Self.queue(in: fixture.directory, 3, Said()), Self.queue(in: fixture.directory, 4, Said())
        )
        _ = full.append(.payload(100))
        _ = counting.countShed(Record.payload(9).event, isOwed: false)
        for queue in [empty, full, counting] { queue.abandon() }
        let forwarder = SpoolForwarder(TracewireConfiguration())
        for path in try SpoolForwarder.spools(in: fixture.directory) { await forwarder.tidy(path) }
        let left = try SpoolDirectory.spools(in: fixture.directory)
        #expect(left == [living, full, counting].compactMap(\.files.spool?.path))
    }
}
