import Foundation
import Testing
import TracewireProtocol

@testable import Tracewire

/// Files that are not as their process has left them.
@Suite(.timeLimit(.minutes(5))) struct SpoolDamageTests {
    private static let names = ["first", "second", "third-" + String(repeating: "x", count: 40), "fourth"]

    /// The bytes of a segment with ``names``, the first two in a batch.
    private static func segment() throws -> [UInt8] {
        let fixture = try SpoolFixture()
        let queue = try fixture.queue(batchRecords: 2, segmentBytes: 4096)
        for name in names { _ = queue.append(.user(name)) }
        let wide = BatchLimits(bytes: 1 << 20, records: 4096, recordBytes: 1 << 20)
        guard case .batch = queue.batch(1, wide, allowsPartial: true) else { throw FakeCollectorError.closed }
        let file = try #require(try fixture.segments().first)
        return [UInt8](try #require(FileManager.default.contents(atPath: file)))
    }

    private static func recovered(_ bytes: [UInt8]) throws -> (memory: SegmentMemory, segment: RecoveredSegment?) {
        let memory = try #require(SegmentMemory.anonymous(max(bytes.count, 1)))
        bytes.withUnsafeBytes { memory.writable.copyMemory(from: $0) }
        return (memory, memory.count < SpoolFormat.headerBytes ? nil : RecoveredSegment(memory))
    }

    private static func usernames(_ memory: SegmentMemory, _ segment: RecoveredSegment) -> [String] {
        let wide = BatchLimits(bytes: 1 << 20, records: 4096, recordBytes: 1 << 20)
        let range = SpoolFormat.headerBytes..<segment.end
        let batch = BatchAssembly(memory, range, size: (.max, .max), wide)
        return [QueuedBatch(sequence: 1, bytes: batch.bytes, records: batch.records)].usernames
    }

    /// Where the last entry ends.
    private static func end(_ bytes: [UInt8]) throws -> Int { try #require(try recovered(bytes).segment).end }

    @Test func `a whole segment is read whole`() throws {
        let (memory, segment) = try Self.recovered(try Self.segment())
        let whole = try #require(segment)
        #expect(Self.usernames(memory, whole) == Self.names)
        #expect(whole.damagedBytes == 0)
        #expect(whole.batches.map(\.sequence) == [1])
    }

    @Test func `a file that is cut anywhere is read up to the cut`() throws {
        let bytes = try Self.segment()
        var ends: [Int] = []
        bytes.withUnsafeBytes { bytes in
            var walk = EntryWalk(bytes, SpoolFormat.headerBytes..<bytes.count)
            while walk.next() != nil { ends.append(walk.position) }
        }
        #expect(ends.count == Self.names.count)
        for count in 0..<bytes.count {
            let (memory, segment) = try Self.recovered(Array(bytes.prefix(count)))
            guard let segment else {
                #expect(count < SpoolFormat.headerBytes)
                continue
            }
            let names = Self.usernames(memory, segment)
            #expect(names == Array(Self.names.prefix(ends.count { $0 <= count })), "cut at \(count)")
            #expect(segment.end <= count)
        }
        let (memory, segment) = try Self.recovered(Array(bytes.prefix(try Self.end(bytes))))
        #expect(Self.usernames(memory, try #require(segment)) == Self.names)
    }

    @Test func `a header that was being written when the process ended is no damage`() throws {
        let header = try Self.segment().prefix(SpoolFormat.headerBytes)
        for count in 0...header.count {
            let fixture = try SpoolFixture()
            let queue = try fixture.queue()
            _ = queue.append(.user("first"))
            queue.abandon()
            let file = URL(fileURLWithPath: try #require(try fixture.segments().first)).deletingLastPathComponent()
                .appendingPathComponent("00000000000000ff.segment")
            try Data(header.prefix(count) + [UInt8](repeating: 0, count: 4096 - count)).write(to: file)
            let recovered = try fixture.recover().recovered
            #expect(recovered.damage.isEmpty && recovered.records == 1, "\(count) bytes of the header")
        }
    }

    @Test func `a bit that is flipped costs one record at most, and is noticed`() throws {
        let bytes = try Self.segment()
        let end = try Self.end(bytes)
        for position in 0..<(end + 64) {
            for bit in 0..<8 {
                var damaged = bytes
                damaged[position] ^= 1 << UInt8(bit)
                let (memory, segment) = try Self.recovered(damaged)
                guard let segment else {
                    #expect(position < SpoolFormat.checkedHeaderBytes + 4)
                    continue
                }
                let names = Self.usernames(memory, segment)
                #expect(names.count >= Self.names.count - 1, "byte \(position), bit \(bit)")
                #expect(names.allSatisfy(Self.names.contains), "byte \(position), bit \(bit)")
                #expect(
                    names == Self.names || segment.damagedBytes > 0, "byte \(position), bit \(bit) went unnoticed")
            }
        }
    }

    @Test func `a bit that is flipped in a mark costs the mark, and no record`() throws {
        let bytes = try Self.segment()
        for position in (bytes.count - 2 * SpoolFormat.markBytes)..<bytes.count {
            for bit in 0..<8 {
                var damaged = bytes
                damaged[position] ^= 1 << UInt8(bit)
                let (memory, segment) = try Self.recovered(damaged)
                let found = try #require(segment)
                #expect(Self.usernames(memory, found) == Self.names)
                #expect(found.batches.map(\.sequence) == (position < bytes.count - SpoolFormat.markBytes ? [1] : []))
            }
        }
    }

    @Test func `an entry whose length was not written is not there, and is no damage`() throws {
        var bytes = try Self.segment()
        let end = try Self.end(bytes)
        // As a process leaves it that dies while it records: all but the length.
        for offset in (end + 4)..<(end + 40) { bytes[offset] = 0xa5 }
        let (memory, segment) = try Self.recovered(bytes)
        #expect(Self.usernames(memory, try #require(segment)) == Self.names)
        #expect(segment?.damagedBytes == 0)
    }

    @Test func `a file that looks like entries at every place is given up in time`() throws {
        let memory = try #require(SegmentMemory.anonymous(16 << 20))
        var segment = Segment(memory, file: nil)
        segment.open(as: 1)
        // Each claims to be a record that goes on to the end: without a limit, terabytes would be summed.
        for position in stride(from: SpoolFormat.headerBytes, to: memory.count - 64, by: 16) {
            let length = memory.count - position - 2 * SpoolFormat.entryHeaderBytes
            memory.writable.store(UInt32(length), at: position)
            var rest = length - 5
            memory.writable.store(UInt8(0x0a), at: position + 8)
            for index in 9..<13 {
                memory.writable.store(UInt8(rest & 0x7f) | (index < 12 ? 0x80 : 0), at: position + index)
                rest >>= 7
            }
        }
        let recovered = try #require(RecoveredSegment(memory))
        #expect(recovered.records == 0)
        #expect(recovered.damagedBytes > 15 << 20)
    }

    @Test func `a segment that nobody can read is reported and kept aside, and the others are read`() throws {
        let fixture = try SpoolFixture()
        let queue = try fixture.queue()
        let names = (0..<40).map { "user-\($0)-" + String(repeating: "x", count: 900) }
        for name in names { _ = queue.append(.user(name)) }
        queue.abandon()
        let files = try fixture.segments()
        #expect(files.count == 3)
        let file = try #require(FileHandle(forWritingAtPath: files[1]))
        try file.write(contentsOf: [0])
        let (spool, recovered) = try fixture.recover()
        #expect(recovered.unreadable.map(\.path) == [files[1]])
        #expect(recovered.damage.count == 1)
        for file in recovered.unreadable { spool.setAside(file) }
        #expect(try SpoolDirectory.names(in: fixture.directory + "/damaged").count == 1)
        let found = RecordQueue.adopting(spool, recovered).batches().usernames
        #expect(found.first == names.first)
        #expect(found.last == names.last)
        #expect(found.count < names.count)
    }

    @Test func `an owner's file that is damaged leaves the records, for another producer`() throws {
        // Another version's, byte 7, is left alone.
        for position in 0..<64 where position != 7 {
            let fixture = try SpoolFixture()
            let queue = try fixture.queue()
            for name in Self.names { _ = queue.append(.user(name)) }
            queue.abandon()
            let path = try #require(try SpoolDirectory.spools(in: fixture.directory).first)
            let file = try #require(FileHandle(forUpdatingAtPath: path + "/owner"))
            try file.seek(toOffset: UInt64(position))
            let byte = try #require(try file.read(upToCount: 1)?.first)
            try file.seek(toOffset: UInt64(position))
            try file.write(contentsOf: [byte ^ 0x10])
            let (spool, recovered) = try fixture.recover()
            #expect(RecordQueue.adopting(spool, recovered).batches().usernames == Self.names)
            let isRead =
                spool.owner.fields.producer != nil && spool.owner.fields.epoch != nil
                && spool.owner.fields.acknowledged == 0
            #expect(isRead == (position >= 48))
        }
    }
}
