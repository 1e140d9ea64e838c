import Testing
import TracewireProtocol

@testable import TracewireStore

struct BatchTests {
    private let workflow = identifier(1)

    @Test(arguments: [false, true])
    func `a batch that is sent again is applied once`(reopened: Bool) throws {
        let recorder = try Recorder()
        let first = try recorder.batch([user("kim"), workflowEnd(workflow)])
        #expect(try recorder.writer.commit([first], nowMs: 1).first.map { $0 != .duplicate } == true)
        if reopened { try recorder.reopen() }
        let again = try Recorder.batch(
            [user("kim"), workflowEnd(workflow)], producer: recorder.producer, epoch: reopened ? 2 : 1, sequence: 1)
        #expect(try recorder.writer.commit([again, again], nowMs: 2) == [.duplicate, .duplicate])
        #expect(try recorder.value("SELECT count(*) FROM parked_records") == .integer(1))
    }

    @Test func `a group of batches of several producers is committed in order`() throws {
        let recorder = try Recorder()
        let producers = (1...200).map { identifier(1_000 + $0) }
        for producer in producers {
            let hello = ProducerOpening(id: producer, epoch: 1, nextSequence: 1, clientName: "c", nowMs: 1)
            #expect(try recorder.writer.openProducer(hello) == .success(0))
        }
        // More than are pinned at a time, and each continues what an earlier one began.
        let node = identifier(2)
        let events = [
            workflowStart(workflow), nodePending(node, in: workflow), nodeStart(node, in: workflow),
            nodeEnd(node, in: workflow), workflowEnd(workflow),
        ]
        let batches = try producers.enumerated().map { index, producer in
            try Recorder.batch([events[min(index, 4)]], producer: producer, sequence: 1)
        }
        let commits = CommitCount(of: recorder.writer)
        let outcomes = try recorder.writer.commit(batches, nowMs: 2)
        #expect(commits.count == 1)
        #expect(outcomes == Array(repeating: .committed([]), count: 200))
        #expect(try recorder.value("SELECT status FROM nodes") == .text("completed"))
        #expect(try recorder.value("SELECT count(*) FROM producers WHERE last_sequence = 1") == .integer(200))
    }

    @Test func `a batch that is not the next one is refused, and the rest of its group is committed`() throws {
        let recorder = try Recorder()
        let stranger = try Recorder.batch([user("lee")], producer: identifier(99), sequence: 1)
        let gap = try Recorder.batch([user("park")], producer: recorder.producer, sequence: 7)
        let old = try Recorder.batch([user("choi")], producer: recorder.producer, epoch: 0, sequence: 1)
        let good = try recorder.batch([user("kim")])
        let outcomes = try recorder.writer.commit([stranger, gap, old, good], nowMs: 1)
        let codes = outcomes.map { outcome -> Code in
            if case .refused(let violation) = outcome { violation.code } else { .ok }
        }
        #expect(codes == [.producerExpired, .sequenceGap, .staleEpoch, .ok])
        #expect(try recorder.rows("SELECT username FROM users") == [[.text("kim")]])
    }

    @Test func `a newer connection of a producer fences the older one`() throws {
        let recorder = try Recorder()
        try recorder.send(user("kim"))
        func open(epoch: UInt64, next: UInt64) throws -> String {
            let hello = ProducerOpening(
                id: recorder.producer, epoch: epoch, nextSequence: next, clientName: "c", nowMs: 1)
            return try recorder.writer.openProducer(hello).summary
        }
        #expect(try open(epoch: 1, next: 2) == "stale_epoch")
        #expect(try open(epoch: 5, next: 3) == "sequence_gap")
        #expect(try open(epoch: 5, next: 1) == "1")
        #expect(try open(epoch: 4, next: 2) == "stale_epoch")
        let late = try recorder.writer.commit([try recorder.batch([user("lee")])], nowMs: 2)
        guard case .refused(let violation) = late.first else {
            Issue.record("a fenced connection's batch was taken: \(late)")
            return
        }
        #expect(violation.code == .staleEpoch)
    }

    @Test func `producers that open share the commit of the batches that wait, and continue behind these`() throws {
        let recorder = try Recorder()
        let batch = try recorder.batch([user("kim")])
        let reconnection = ProducerOpening(
            id: recorder.producer, epoch: 2, nextSequence: 1, clientName: "c", nowMs: Recorder.now)
        let late = ProducerOpening(id: identifier(50), epoch: 1, nextSequence: 3, clientName: "c", nowMs: 1)
        let others = (1...100).map {
            ProducerOpening(id: identifier(1_000 + $0), epoch: 1, nextSequence: 1, clientName: "c", nowMs: 1)
        }
        let commits = CommitCount(of: recorder.writer)
        let outcome = try recorder.writer.commit([batch], openings: [reconnection, late] + others, nowMs: 1)
        #expect(commits.count == 1)
        #expect(outcome.batches == [.committed([])])
        #expect(outcome.openings.prefix(2).map(\.summary) == ["1", "producer_expired"])
        #expect(outcome.openings.dropFirst(2).allSatisfy { $0 == .success(0) })
        let stale = try Recorder.batch([user("lee")], producer: recorder.producer, epoch: 1, sequence: 2)
        let next = try Recorder.batch([user("park")], producer: recorder.producer, epoch: 2, sequence: 2)
        let outcomes = try recorder.writer.commit([stale, next], nowMs: 2)
        guard case .refused(let violation) = outcomes.first else {
            Issue.record("a fenced connection's batch was taken: \(outcomes)")
            return
        }
        #expect(violation.code == .staleEpoch)
        #expect(outcomes.last == .committed([]))
    }

    @Test func `a producer that is not known cannot claim to have sent before`() throws {
        let recorder = try Recorder()
        let hello = ProducerOpening(id: identifier(50), epoch: 1, nextSequence: 3, clientName: "c", nowMs: 1)
        #expect(try recorder.writer.openProducer(hello).summary == "producer_expired")
    }

    @Test func `idle producers expire, and hear so`() throws {
        let recorder = try Recorder()
        try recorder.send(user("kim"))
        #expect(try recorder.writer.expireProducers(idleForMs: 1_000, nowMs: Recorder.now + 1_000) == 0)
        #expect(try recorder.writer.expireProducers(idleForMs: 1_000, nowMs: Recorder.now + 1_001) == 1)
        let outcomes = try recorder.writer.commit([try recorder.batch([user("lee")])], nowMs: Recorder.now + 2_000)
        guard case .refused(let violation) = outcomes.first else {
            Issue.record("an expired producer's batch was taken: \(outcomes)")
            return
        }
        #expect(violation.code == .producerExpired)
    }

    @Test func `sequences and epochs use all of their 64 bits`() throws {
        let recorder = try Recorder()
        let hello = ProducerOpening(id: identifier(50), epoch: .max, nextSequence: 1, clientName: "c", nowMs: 1)
        #expect(try recorder.writer.openProducer(hello) == .success(0))
        try PlainConnection(recorder.database.path).execute("UPDATE producers SET last_sequence = -1")
        try recorder.reopenWriterOnly()
        let last = try Recorder.batch([user("kim")], producer: identifier(50), epoch: .max, sequence: .max)
        #expect(try recorder.writer.commit([last], nowMs: 1) == [.duplicate])
    }

    @Test func `a batch with records that cannot be used commits the others`() throws {
        let recorder = try Recorder()
        var writer = WireWriter()
        writer.appendBatchEntry(user("kim"))
        writer.appendBatchEntry(workflowStart(workflow) { $0.userIntent = "{" })
        // A record of a kind that no version knows: field 15, which is left out by the others.
        let unknown: [UInt8] = [0x0a, 0x02, 0x7a, 0x00]
        let brokenIdentifier: [UInt8] = [0x0a, 0x06, 0x3a, 0x04, 0x0a, 0x02, 0x01, 0x02]
        let invalidName: [UInt8] = [0x0a, 0x05, 0x12, 0x03, 0x12, 0x01, 0xff]
        writer.appendBatchEntry(user("lee"))
        let bytes = writer.bytes + unknown + brokenIdentifier + invalidName
        _ = try recorder.batch([])
        let batch = try IncomingBatch(producer: recorder.producer, epoch: 1, sequence: 1, bytes: bytes)
        guard case .committed(let verdicts) = try recorder.writer.commit([batch], nowMs: 5).first else {
            Issue.record("the batch was not committed")
            return
        }
        #expect(verdicts.map(\.index) == [1, 3, 4, 5])
        #expect(verdicts.map(\.code) == [.invalidJSON, .unknownRecord, .invalidIdentity, .invalidUTF8])
        #expect(try recorder.value("SELECT count(*) FROM users") == .integer(2))
        let kept = try recorder.rows("SELECT kind, identity, code, record FROM rejected_records ORDER BY id")
        #expect(kept.map { $0[0] } == [.text("workflow.start"), .null, .null, .text("user")])
        #expect(kept.map { $0[1] } == [.text("\(workflow)"), .null, .null, .null])
        #expect(kept.last?[3] == .blob(Array(invalidName.dropFirst(2))))
    }
}

extension Result<UInt64, ProtocolViolation> {
    /// The last sequence, or the violation's code.
    fileprivate var summary: String {
        switch self {
        case .success(let sequence): "\(sequence)"
        case .failure(let violation): "\(violation.code)"
        }
    }
}
