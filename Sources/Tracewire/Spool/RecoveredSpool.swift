internal import TracewireProtocol

/// What a process that is gone has left in its spool: records in their order, and the batches that it had made.
struct RecoveredSpool: Sendable {
    private struct Found {
        let segment: Segment
        /// Of the batches that are not acknowledged; without their memory.
        let batches: [(sequence: UInt64, range: Range<Int>, records: Int)]
        /// Whether nothing is left of one of the batches.
        let isBroken: Bool
    }

    private(set) var segments: [Segment] = []
    private(set) var batches: [TakenBatch] = []
    private(set) var lowestSequence: UInt64
    /// Whether some of the batches are missing: what is held needs other numbers.
    private(set) var isBroken = false
    /// Files that cannot be read.
    private(set) var unreadable: [SegmentFile] = []
    /// What is wrong with those that can be read in part, and those that cannot.
    private(set) var damage: [SpoolError] = []

    /// What its process had shed: not all of it may be said among the records.
    let shed: [ShedLedger.Row]

    /// Records that were not acknowledged.
    var records: Int { segments.reduce(0) { $0 + $1.records } }

    /// Reads the spool, one segment at a time.
    ///
    /// - Throws: ``SpoolError`` where the directory cannot be read, or a file cannot be read now but may be later. Damage
    ///   to a segment is noted in ``damage``.
    init(_ spool: Spool) throws(SpoolError) {
        let acknowledged = spool.owner.fields.acknowledged
        lowestSequence = acknowledged + 1
        shed = ShedLedger.rows(in: spool.path)
        var found: [Found] = []
        for file in try spool.segmentFiles() {
            if let segment = try read(file, acknowledged) { found.append(segment) }
        }
        found.sort { $0.segment.order < $1.segment.order }
        for segment in found { adopt(segment) }
    }

    private mutating func read(_ file: SegmentFile, _ acknowledged: UInt64) throws(SpoolError) -> Found? {
        if file.isEmpty { return nil }
        do throws(SpoolError) {
            let memory = try file.read(atMost: SegmentFiles.largestSegment)
            if RecoveredSegment.isUnused(memory) { return nil }
            guard let recovered = RecoveredSegment(memory) else {
                throw SpoolError("read", file.path, because: "it is no segment, or its header is damaged")
            }
            if recovered.damagedBytes > 0 {
                damage.append(.damaged(file, recovered))
            }
            return Self.found(file, memory, recovered, acknowledged)
        } catch {
            guard !error.mayPass else { throw error }
            unreadable.append(file)
            damage.append(error)
            return nil
        }
    }

    private static func found(
        _ file: SegmentFile, _ memory: SegmentMemory, _ recovered: RecoveredSegment, _ acknowledged: UInt64
    ) -> Found {
        var start = recovered.answered
        var batches: [(sequence: UInt64, range: Range<Int>, records: Int)] = []
        var isBroken = false
        for mark in recovered.batches {
            let from = batches.last?.range.upperBound ?? start
            let records = EntryWalk.count(memory.bytes, from..<mark.end)
            if mark.sequence <= acknowledged {
                start = mark.end
            } else if records == 0 {
                isBroken = true
            } else {
                batches.append((mark.sequence, from..<mark.end, records))
            }
        }
        let segment = Segment(
            recovered, file: file, start: start,
            taken: (batches.last?.range.upperBound ?? start, batches.reduce(0) { $0 + $1.records }),
            records: EntryWalk.count(memory.bytes, start..<max(start, recovered.end)))
        return Found(segment: segment, batches: batches, isBroken: isBroken)
    }

    private mutating func adopt(_ found: Found) {
        let waitsBefore = segments.contains { $0.taken < $0.end }
        isBroken = isBroken || found.isBroken
        segments.append(found.segment)
        for batch in found.batches {
            if batches.isEmpty { lowestSequence = batch.sequence }
            let isNext = batch.sequence == lowestSequence + UInt64(batches.count)
            isBroken = isBroken || !isNext || waitsBefore
            let before = batches.last.map { $0.firstOrdinal + UInt64($0.records) } ?? 1
            batches.append(
                TakenBatch(
                    order: found.segment.order, memory: nil, range: batch.range, firstOrdinal: before,
                    records: batch.records))
        }
    }
}
