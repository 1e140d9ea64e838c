import Foundation
import NIOConcurrencyHelpers
import Synchronization
import Testing
import TracewireProtocol

@testable import Tracewire

/// Records that outlive their process.
@Suite struct SpoolTests {
    private static let names = (0..<40).map { "user-\($0)-" + String(repeating: "x", count: $0 * 20) }

    @Test func `whoever comes after a process finds all its records, in their order and under its name`() throws {
        let fixture = try SpoolFixture()
        let queue = try fixture.queue()
        for name in Self.names { #expect(queue.append(.user(name)).outcome == .queued) }
        let producer = queue.files.spool?.owner.fields.producer
        queue.abandon()
        #expect(try fixture.segments().count > 1)
        let (spool, recovered) = try fixture.recover()
        #expect(recovered.damage.isEmpty)
        #expect(recovered.records == Self.names.count)
        #expect(spool.owner.fields.producer == producer)
        #expect(spool.owner.fields.destination == "127.0.0.1:4747")
        #expect(RecordQueue.adopting(spool, recovered).batches().usernames == Self.names)
    }

    @Test func `a batch that was sent is the same batch for whoever comes after`() throws {
        let fixture = try SpoolFixture()
        let queue = try fixture.queue()
        for name in Self.names { _ = queue.append(.user(name)) }
        let sent = queue.batches()
        _ = queue.append(.user("late"))
        queue.abandon()
        let (spool, recovered) = try fixture.recover()
        let adopted = RecordQueue.adopting(spool, recovered)
        #expect(adopted.sequences == HeldSequences(lowest: 1, highest: UInt64(sent.count)))
        let again = adopted.batches()
        #expect(Array(again.prefix(sent.count)) == sent)
        #expect(Array(again.dropFirst(sent.count)).usernames == ["late"])
    }

    @Test func `what was acknowledged is not sent again`() throws {
        let fixture = try SpoolFixture()
        let queue = try fixture.queue()
        for name in Self.names { _ = queue.append(.user(name)) }
        let sent = queue.batches()
        queue.acknowledge(through: 3, verdicts: [])
        queue.abandon()
        let (spool, recovered) = try fixture.recover()
        let adopted = RecordQueue.adopting(spool, recovered)
        #expect(adopted.sequences.lowest == 4)
        #expect(adopted.batches(from: 4) == Array(sent.dropFirst(3)))
        adopted.acknowledge(through: UInt64(sent.count), verdicts: [])
        #expect(adopted.progress.heldBytes == 0)
        #expect(adopted.progress.answered == adopted.progress.recorded)
    }

    @Test func `segments are removed when they are acknowledged, and the spool with the last`() throws {
        let fixture = try SpoolFixture()
        let queue = try fixture.queue()
        for name in Self.names { _ = queue.append(.user(name)) }
        let before = try fixture.segments().count
        let sent = queue.batches()
        queue.acknowledge(through: UInt64(sent.count), verdicts: [])
        #expect(try fixture.segments().count < before)
        queue.close(takesOwed: false)
        queue.finish()
        #expect(try SpoolDirectory.names(in: fixture.directory).isEmpty)
    }

    @Test func `what is not acknowledged stays when the queue is finished, for others`() throws {
        let fixture = try SpoolFixture()
        let queue = try fixture.queue()
        for name in Self.names { _ = queue.append(.user(name)) }
        queue.finish()
        let (spool, recovered) = try fixture.recover()
        #expect(RecordQueue.adopting(spool, recovered).batches().usernames == Self.names)
    }

    @Test func `what was acknowledged to one process is not sent again after the next has taken another name`() throws {
        let fixture = try SpoolFixture()
        let queue = try fixture.queue()
        for name in Self.names { _ = queue.append(.user(name)) }
        let sent = queue.batches()
        queue.acknowledge(through: 1, verdicts: [])
        queue.abandon()
        for number in UInt64(1)...2 {
            let (spool, recovered) = try fixture.recover()
            let adopted = RecordQueue.adopting(spool, recovered)
            adopted.renumber(for: Identifier(high: 9, low: number))
            adopted.abandon()
        }
        let (spool, recovered) = try fixture.recover()
        #expect(recovered.records == Self.names.count - sent[0].records)
        #expect(RecordQueue.adopting(spool, recovered).batches().usernames == Array(sent.dropFirst()).usernames)
    }

    @Test func `a spool belongs to one at a time`() throws {
        let fixture = try SpoolFixture()
        let queue = try fixture.queue()
        let path = try #require(try SpoolDirectory.spools(in: fixture.directory).first)
        #expect(try Spool.take(path) == nil)
        queue.abandon()
        let taken = try Spool.take(path)
        #expect(taken != nil)
        #expect(try Spool.take(path) == nil)
        taken?.owner.release()
    }

    @Test func `a backlog is read back from its files, and memory holds little of it`() throws {
        let fixture = try SpoolFixture()
        let queue = try fixture.queue()
        let names = (0..<400).map { "\($0)" + String(repeating: "y", count: 900) }
        for name in names { _ = queue.append(.user(name)) }
        let resident = queue.state.withLockedValue { $0.segments.count { $0.memory != nil } }
        #expect(resident <= 4)
        #expect(try fixture.segments().count > 20)
        #expect(queue.batches().usernames == names)
    }

    @Test func `a record larger than a segment has one of its own`() throws {
        let fixture = try SpoolFixture()
        let queue = try fixture.queue()
        for record in [Record.user("before"), .payload(100_000), .user("after")] {
            #expect(queue.append(record).outcome == .queued)
        }
        queue.abandon()
        let (spool, recovered) = try fixture.recover()
        let batches = RecordQueue.adopting(spool, recovered).batches()
        #expect(batches.map(\.records) == [1, 1, 1])
        #expect(batches.usernames == ["before", "after"])
        #expect(batches[1].bytes.count > 100_000)
    }

    @Test func `another producer's numbers begin at 1, and what was answered before is not sent`() throws {
        let fixture = try SpoolFixture()
        let queue = try fixture.queue()
        for name in Self.names { _ = queue.append(.user(name)) }
        let sent = queue.batches()
        queue.acknowledge(through: 2, verdicts: [])
        let other = Identifier(high: 7, low: 7)
        queue.renumber(for: other)
        queue.abandon()
        let (spool, recovered) = try fixture.recover()
        #expect(spool.owner.fields.producer == other)
        let adopted = RecordQueue.adopting(spool, recovered)
        #expect(adopted.batches().usernames == Array(sent.dropFirst(2)).usernames)
    }

    @Test(arguments: [nil, 0, 100])
    func `a spool that its process had just begun or almost removed is taken, and holds nothing`(owner: Int?) throws {
        let fixture = try SpoolFixture()
        let path = "\(fixture.directory)/\(Identifier(milliseconds: 1))"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
        if let owner {
            _ = FileManager.default.createFile(atPath: path + "/owner", contents: Data(count: owner))
        }
        let (spool, recovered) = try fixture.recover()
        #expect(recovered.records == 0 && recovered.damage.isEmpty)
        spool.remove()
        #expect(try SpoolDirectory.names(in: fixture.directory).isEmpty)
    }

    @Test func `a spool that was removed is nobody's`() throws {
        let fixture = try SpoolFixture()
        #expect(try Spool.take("\(fixture.directory)/\(Identifier(milliseconds: 1))") == nil)
    }

    @Test func `a spool of a later version is left alone`() throws {
        let fixture = try SpoolFixture()
        let queue = try fixture.queue()
        _ = queue.append(.user("first"))
        queue.abandon()
        let path = try #require(try SpoolDirectory.spools(in: fixture.directory).first)
        let file = try #require(FileHandle(forWritingAtPath: path + "/owner"))
        try file.write(contentsOf: Data("TWSPOOL2".utf8))
        try file.close()
        #expect(throws: SpoolError("take over", path, because: "a later version of Tracewire has written it")) {
            _ = try Spool.take(path)
        }
        #expect(try fixture.segments().count == 1)
    }

    @Test func `segments without their owner's file are kept for another producer`() throws {
        let fixture = try SpoolFixture()
        let queue = try fixture.queue()
        for name in Self.names { _ = queue.append(.user(name)) }
        queue.abandon()
        let path = try #require(try SpoolDirectory.spools(in: fixture.directory).first)
        try FileManager.default.removeItem(atPath: path + "/owner")
        // The process ended while it made the next one.
        _ = FileManager.default.createFile(atPath: path + "/00000000000000ff.segment", contents: nil)
        let (spool, recovered) = try fixture.recover()
        #expect(spool.owner.fields.producer == nil)
        #expect(recovered.records == Self.names.count && recovered.damage.isEmpty)
    }

    @Test func `files that cannot be made leave the records in memory, which is said once`() throws {
        let fixture = try SpoolFixture()
        let spool = try Spool.create(in: fixture.directory, Identifier(milliseconds: 1), "")
        let said = Said()
        let limits = QueueLimits(
            memory: 1 << 20, disk: 8 << 20, batchBytes: 4096, batchRecords: 100, segmentBytes: 16 << 10)
        let queue = RecordQueue(
            limits, SegmentFiles(spool, trouble: { _ in said.count.add(1, ordering: .relaxed) }))
        _ = queue.append(.user("first"))
        try FileManager.default.removeItem(atPath: spool.path)
        for name in Self.names { #expect(queue.append(.user(name)).outcome == .queued) }
        #expect(said.count.load(ordering: .relaxed) == 1)
        #expect(queue.batches().usernames == ["first"] + Self.names)
    }

    @Test func `a directory that cannot be made is said, with its name`() throws {
        let fixture = try SpoolFixture()
        let file = fixture.directory + "/file"
        _ = FileManager.default.createFile(atPath: file, contents: nil)
        #expect(throws: SpoolError("create", file + "/spool", number: ENOTDIR)) {
            _ = try Spool.create(in: file + "/spool", Identifier(milliseconds: 1), "")
        }
    }
}
