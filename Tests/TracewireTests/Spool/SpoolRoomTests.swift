import NIOConcurrencyHelpers
import Testing
import TracewireProtocol

@testable import Tracewire

/// A directory of spools holds no more than a limit, however many processes have left something there.
@Suite(.timeLimit(.minutes(5))) struct SpoolRoomTests {
    private static let limits = QueueLimits(
        memory: 1 << 20, disk: 256 << 10, batchBytes: 4096, batchRecords: 100, segmentBytes: 64 << 10)

    private static func queue(in directory: String, _ number: Int64, _ heard: Said) throws -> RecordQueue {
        let spool = try Spool.create(
            in: directory, Identifier(milliseconds: number), "", limit: limits.disk, lookingAgainAfter: .zero)
        return RecordQueue(limits, SegmentFiles(spool, trouble: { _ in heard.note() }))
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
        // Each has a spare one.
        #expect(segments.count * Self.limits.segmentBytes <= Self.limits.disk + 3 * Self.limits.segmentBytes)
        #expect(queues.first?.state.withLockedValue { $0.isOnDisk } == true)
        #expect(queues.last?.state.withLockedValue { $0.isOnDisk } == false)
        #expect(heard.isSaid)
        #expect(queues.last?.counts.shed.isEmpty == true)
    }

    @Test func `when others have gone there is room again`() throws {
        let fixture = try SpoolFixture()
        let first = try Self.queue(in: fixture.directory, 1, Said())
        for node in 1...200 as ClosedRange<UInt64> { _ = first.append(.payload(1_000, node: node)) }
        let second = try Self.queue(in: fixture.directory, 2, Said())
        _ = second.append(.payload(1_000))
        #expect(!second.state.withLockedValue { $0.isOnDisk })
        first.acknowledge(through: UInt64(first.batches().count), verdicts: [])
        first.finish()
        for node in 1...100 as ClosedRange<UInt64> { _ = second.append(.payload(1_000, node: node)) }
        #expect(second.state.withLockedValue { $0.isOnDisk })
    }
}
