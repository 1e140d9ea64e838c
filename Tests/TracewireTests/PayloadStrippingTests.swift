import Foundation
import NIOConcurrencyHelpers
import Synchronization
import Testing
import TracewireProtocol

@testable import Tracewire

/// When there is little room, the oldest payloads go first.
@Suite(.timeLimit(.minutes(5))) struct PayloadStrippingTests {
    private static func end(_ number: UInt64, _ bytes: Int = 1_000) -> Record<String> { .payload(bytes, node: number) }

    /// The nodes of all ends that wait, and whether each has its state.
    private static func ends(_ queue: RecordQueue) throws -> [(node: UInt64, hasState: Bool)] {
        try queue.batches().flatMap { try IncomingBatch.records(in: $0.bytes.span) }.compactMap { record in
            guard case .nodeEnd(let end) = try record.content.get().event else { return nil }
            return (end.node.low, end.stateData != nil)
        }
    }

    @Test(arguments: [true, false])
    func `a backlog that grows beyond its room loses its oldest states, and no event`(isOnDisk: Bool) throws {
        let fixture = try SpoolFixture()
        let queue =
            isOnDisk ? try fixture.queue(disk: 256 << 10) : RecordQueue.inMemory(256 << 10, segmentBytes: 16 << 10)
        var appended: [Appended] = []
        for number in 1...600 { appended.append(queue.append(Self.end(UInt64(number)))) }
        #expect(appended.allSatisfy { $0.outcome == .queued })
        #expect(appended.filter(\.isFirstShed).count == 1)
        #expect(queue.progress.heldBytes <= 256 << 10)
        let ends = try Self.ends(queue)
        #expect(ends.map(\.node) == Array(1...600))
        let bare = ends.prefix { !$0.hasState }.count
        #expect(bare > 300)
        // All that came after the last one that had to go is whole.
        let rest = ends.dropFirst(bare).allSatisfy { $0.hasState }
        #expect(rest)
        #expect(queue.counts.payloadsShed == [.nodeEnd: bare])
    }

    @Test func `what was sent already keeps its state, since the collector may have it`() throws {
        let fixture = try SpoolFixture()
        let queue = try fixture.queue(disk: 256 << 10)
        for number in 1...40 as ClosedRange<UInt64> { _ = queue.append(Self.end(number)) }
        let sent = queue.batches()
        for number in 41...400 as ClosedRange<UInt64> { _ = queue.append(Self.end(number)) }
        #expect(queue.counts.payloadsShed[.nodeEnd, default: 0] > 0)
        #expect(Array(queue.batches().prefix(sent.count - 1)) == Array(sent.dropLast()))
    }

    @Test(arguments: [true, false])
    func `a segment of which a batch is being made keeps its states until then`(isOnDisk: Bool) throws {
        let fixture = try SpoolFixture()
        let queue =
            isOnDisk ? try fixture.queue(disk: 256 << 10) : RecordQueue.inMemory(256 << 10, segmentBytes: 16 << 10)
        for number in 1...40 as ClosedRange<UInt64> { _ = queue.append(Self.end(number)) }
        let limits = BatchLimits(bytes: 4_000, records: 100, recordBytes: 2_000)
        guard case .new(let stretch) = queue.state.withLockedValue({ $0.source(1, limits, allowsPartial: false) })
        else { throw Unexpected() }
        // Between the two steps that hold the lock, more is recorded than there is room for.
        for number in 41...400 as ClosedRange<UInt64> { _ = queue.append(Self.end(number)) }
        let assembly = BatchAssembly(stretch.memory, stretch.range, size: (4_000, 100), limits)
        #expect(queue.state.withLockedValue { $0.take(stretch, assembly)?.sequence } == 1)
        let ends = try Self.ends(queue)
        #expect(ends.map(\.node) == Array(1...400))
        #expect(ends.prefix(assembly.records).allSatisfy { $0.hasState })
        #expect(queue.counts.payloadsShed == [.nodeEnd: ends.count { !$0.hasState }])
        #expect(queue.state.withLockedValue { $0.waitingRecords } == 0)
    }

    /// Takes batches until the next segment has to be read back; returns its file.
    private static func takeWhatIsInMemory(of queue: RecordQueue) throws -> SegmentFile {
        let limits = BatchLimits(bytes: 1 << 20, records: 4096, recordBytes: 1 << 20)
        for sequence in 1...1_000 as ClosedRange<UInt64> {
            switch queue.state.withLockedValue({ $0.source(sequence, limits, allowsPartial: true) }) {
            case .new(let stretch):
                let assembly = BatchAssembly(stretch.memory, stretch.range, size: (1 << 20, 4096), limits)
                _ = queue.state.withLockedValue { $0.take(stretch, assembly) }
            case .away(let file): return file
            default: throw Unexpected()
            }
        }
        throw Unexpected()
    }

    @Test func `a segment that begins to be written anew is read back after that, and not before`() throws {
        let fixture = try SpoolFixture()
        let queue = try fixture.queue(disk: 256 << 10)
        queue.state.withLockedValue { $0.stripping.isUnderWay = true }
        for number in 1...220 as ClosedRange<UInt64> { _ = queue.append(Self.end(number)) }
        let file = try Self.takeWhatIsInMemory(of: queue)
        // Between finding it away and beginning to read it, somebody has begun to take its payloads out.
        let stripped = queue.state.withLockedValue { $0.beginStripping() }
        #expect(stripped?.file?.path == file.path)
        let told = Said()
        let isRead = queue.state.withLockedValue { state in
            state.beginLoading(file) { told.count.add(1, ordering: .relaxed) }
        }
        #expect(!isRead && told.count.load(ordering: .relaxed) == 0)
        for notify in queue.state.withLockedValue({ $0.finishStripping(nil) }) { notify() }
        #expect(told.count.load(ordering: .relaxed) == 1)
        let isReadNow = queue.state.withLockedValue { $0.beginLoading(file) {} }
        #expect(isReadNow)
    }

    private struct Unexpected: Error {}

    @Test func `segments without states are found by whoever comes after the process`() throws {
        let fixture = try SpoolFixture()
        let queue = try fixture.queue(disk: 256 << 10)
        for number in 1...400 as ClosedRange<UInt64> { _ = queue.append(Self.end(number)) }
        let bare = queue.counts.payloadsShed[.nodeEnd, default: 0]
        queue.abandon()
        let (spool, recovered) = try fixture.recover()
        #expect(recovered.damage.isEmpty && recovered.records == 400)
        let ends = try Self.ends(RecordQueue.adopting(spool, recovered))
        #expect(ends.map(\.node) == Array(1...400))
        #expect(ends.prefix { !$0.hasState }.count == bare)
    }

    @Test func `a segment that was being written anew when the process ended is as it was`() throws {
        let fixture = try SpoolFixture()
        let queue = try fixture.queue()
        for number in 1...40 as ClosedRange<UInt64> { _ = queue.append(Self.end(number)) }
        queue.abandon()
        let first = try #require(try fixture.segments().first)
        _ = FileManager.default.createFile(atPath: first + ".bare", contents: Data(count: 4096))
        let (spool, recovered) = try fixture.recover()
        #expect(recovered.damage.isEmpty && recovered.records == 40)
        spool.remove()
        #expect(try SpoolDirectory.names(in: fixture.directory).isEmpty)
    }
}
