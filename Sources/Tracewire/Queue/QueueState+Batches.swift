internal import TracewireProtocol

// How batches are made of what waits, and let go of when they are answered.
extension QueueState {
    /// A stretch of a segment that a batch may be made of, outside of the lock: it does not change any more.
    struct Stretch {
        let order: UInt64
        let memory: SegmentMemory
        let range: Range<Int>
        /// Whether nothing will be appended to it.
        let isComplete: Bool
    }

    enum Source {
        /// The batch was made before.
        case again(TakenBatch)
        case mustRenumber
        case new(Stretch)
        case onlyPartial
        case empty
        /// The next segment must be read back first.
        case away(SegmentFile)
        /// The next segment is being written anew.
        case stripping
    }

    mutating func source(_ sequence: UInt64, _ limits: BatchLimits, allowsPartial: Bool) -> Source {
        asked()
        stripping.spared = nil
        if isBroken { return .mustRenumber }
        let index = Int(clamping: sequence - min(lowestSequence, sequence))
        if index < batches.count { return again(index, limits) }
        guard let place = segments.firstIndex(where: { $0.taken < $0.end }) else {
            sleep()
            return .empty
        }
        let segment = segments[place]
        let isComplete = place < segments.count - 1
        let isFull = isComplete || waitingBytes >= self.limits.batchBytes || waitingRecords >= self.limits.batchRecords
        guard isFull || allowsPartial else { return .onlyPartial }
        if segment.order == stripping.order { return .stripping }
        guard let memory = segment.memory else { return segment.file.map { .away($0) } ?? .empty }
        stripping.spared = segment.order
        return .new(
            Stretch(order: segment.order, memory: memory, range: segment.taken..<segment.end, isComplete: isComplete))
    }

    private func again(_ index: Int, _ limits: BatchLimits) -> Source {
        let batch = batches[index]
        if batch.memory == nil, let file = segments.first(where: { $0.order == batch.order })?.file {
            return .away(file)
        }
        return batch.range.count <= limits.bytes && batch.records <= limits.records ? .again(batch) : .mustRenumber
    }

    /// Notes that a batch was made of the start of `stretch`; returns its sequence, or `nil` if there is nothing in it, and
    /// the mark that is to be written before it is sent.
    mutating func take(_ stretch: Stretch, _ assembly: BatchAssembly) -> (sequence: UInt64, marking: MarkWriting?)? {
        stripping.spared = nil
        guard let place = segments.firstIndex(where: { $0.order == stretch.order }) else { return nil }
        segments[place].take(assembly.end, assembly.entries)
        defer { count(assembly) }
        let range = stretch.range.lowerBound..<assembly.end
        guard assembly.records > 0 else {
            // Left out, all of it: the next batch does not begin with these.
            release(Segment.size(range.count, assembly.entries), onDisk: segments[place].file != nil)
            if !batches.isEmpty {
                passedOver.append(
                    PassedOver(
                        order: stretch.order, range: range, records: assembly.entries, losses: assembly.losses))
            }
            return nil
        }
        batches.append(
            TakenBatch(
                order: stretch.order, memory: stretch.memory, range: range, firstOrdinal: takenRecords + 1,
                records: assembly.entries, losses: assembly.losses))
        let sequence = sequences.highest
        return (sequence, segments[place].mark(sequence))
    }

    private mutating func count(_ assembly: BatchAssembly) {
        takenRecords += UInt64(assembly.entries)
        waitingBytes = waitingRecords == 0 ? 0 : max(0, waitingBytes - assembly.bytes.count)
        count(assembly.losses)
    }

    /// What is left after an acknowledgement.
    struct Released {
        var batches: [TakenBatch] = []
        var firstSequence: UInt64 = 0
        /// Freed outside of the lock.
        var segments: [Segment] = []
    }

    /// Lets go of the batches up to a sequence. `verdicts` are `nil` where they were lost.
    mutating func release(through sequence: UInt64, _ verdicts: [Verdict]?) -> Released {
        guard sequence >= lowestSequence, sequence - lowestSequence < UInt64(batches.count) else { return Released() }
        let count = Int(sequence - lowestSequence) + 1
        let released = Array(batches.prefix(count))
        for batch in released {
            release(batch.size, onDisk: isOnDisk(batch.order))
            let sent = batch.records - batch.losses.leftOut.count
            counts.committed += sent
            if verdicts == nil { counts.committedUnseen += sent }
        }
        batches.removeFirst(count)
        forgetPassedOver()
        defer { lowestSequence = sequence + 1 }
        tally(verdicts ?? [])
        return Released(batches: released, firstSequence: lowestSequence, segments: dropAnswered())
    }

    func isOnDisk(_ order: UInt64) -> Bool {
        segments.first { $0.order == order }?.file != nil
    }

    /// Segments that are complete and answered.
    private mutating func dropAnswered() -> [Segment] {
        let oldest = batches.first?.order ?? .max
        let count = segments.dropLast().prefix { $0.order < oldest && $0.taken >= $0.end }.count
        let answered = Array(segments.prefix(count))
        segments.removeFirst(count)
        for segment in answered { release(segment.unused, onDisk: segment.file != nil) }
        return answered
    }

    private mutating func tally(_ verdicts: [Verdict]) {
        for verdict in verdicts where verdict.code != .ok {
            counts.committed -= 1
            if verdict.code.isRejection { counts.rejected += 1 } else { counts.parked += 1 }
        }
    }

    mutating func keep(_ rejections: [Rejection]) {
        counts.rejections.append(
            contentsOf: rejections.prefix(DeliveryReport.rejectionsKept - counts.rejections.count))
    }

    /// Takes the sequences back: what is held is numbered from 1, for another producer. Returns the marks that are to be
    /// written.
    mutating func renumber() -> [MarkWriting] {
        for batch in batches.reversed() {
            guard let place = segments.firstIndex(where: { $0.order == batch.order }) else { continue }
            segments[place].untake(batch)
            takenRecords -= UInt64(batch.records)
            waitingBytes += batch.range.count
            takeBack(batch.losses)
        }
        takeBackPassedOver()
        batches = []
        lowestSequence = 1
        isBroken = false
        return segments.indices.flatMap { segments[$0].clearMarks() }
    }
}
