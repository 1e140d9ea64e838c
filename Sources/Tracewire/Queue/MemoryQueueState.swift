internal import TracewireProtocol

/// What ``MemoryRecordQueue`` keeps under its lock.
///
/// ```text
/// numbered: taken as batches, not acknowledged ◀─ sealed: full chunks ◀─ open: being filled
/// ```
struct MemoryQueueState: Sendable {
    private let limits: QueueLimits
    private var numbered: [RecordChunk] = []
    private var sealed: [RecordChunk] = []
    private var open = RecordChunk(firstOrdinal: 1)
    private var lowestSequence: UInt64 = 1
    private var recorded: UInt64 = 0
    private var isSenderAwake = false
    private var isFullBatchAnnounced = false
    private var isShedding = false
    private(set) var heldBytes = 0
    private(set) var isClosed = false
    private var takesOwed = true
    var counts = DeliveryCounts()

    init(_ limits: QueueLimits) {
        self.limits = limits
    }

    var sequences: HeldSequences {
        HeldSequences(lowest: lowestSequence, highest: lowestSequence + UInt64(numbered.count) - 1)
    }

    var progress: QueueProgress {
        let first = numbered.first ?? sealed.first ?? (open.isEmpty ? nil : open)
        return QueueProgress(
            recorded: recorded, answered: first.map { $0.firstOrdinal - 1 } ?? recorded, heldBytes: heldBytes,
            isClosed: isClosed)
    }

    // MARK: Recording

    mutating func refuse(_ fault: RecordFault) -> Appended {
        counts.refused += 1
        return Appended(outcome: .refused(fault))
    }

    mutating func append(_ record: Record<String>, _ size: Int) -> Appended {
        guard !isClosed else { return Appended(outcome: .closed) }
        return hasRoom(size) ? insert(record, size) : shed(record)
    }

    /// Keeps of a record for which there is no room that it happened, if that is what it is for and fits.
    mutating func shed(_ record: Record<String>) -> Appended {
        guard !isClosed else { return Appended(outcome: .closed) }
        let isFirst = !isShedding
        defer { isShedding = true }
        var appended = record.withoutPayload.map { appendBare($0) } ?? countShed(record.event.kind)
        appended.isFirstShed = isFirst
        return appended
    }

    /// Appends what is left of a record without its payload, or sheds it.
    mutating func appendBare(_ bare: Record<String>) -> Appended {
        guard !isClosed else { return Appended(outcome: .closed) }
        let (kind, size) = (bare.event.kind, bare.largestEncodedSize)
        guard hasRoom(size) else { return countShed(kind) }
        counts.payloadsShed[kind, default: 0] += 1
        return insert(bare, size)
    }

    mutating func forgiveShed(_ kind: EventKind) {
        let shed = counts.shed[kind, default: 0] - 1
        counts.shed[kind] = shed > 0 ? shed : nil
    }

    mutating func close(takesOwed: Bool) {
        (isClosed, self.takesOwed) = (true, takesOwed)
    }

    mutating func appendOwed(_ record: Record<String>, _ size: Int, _ hadPayload: Bool) -> Appended {
        guard takesOwed else { return Appended(outcome: .closed) }
        guard hasRoom(size) else { return Appended(outcome: .shed) }
        let kind = record.event.kind
        forgiveShed(kind)
        if hadPayload { counts.payloadsShed[kind, default: 0] += 1 }
        return insert(record, size)
    }

    mutating func countShed(_ kind: EventKind) -> Appended {
        guard !isClosed else { return Appended(outcome: .closed) }
        counts.shed[kind, default: 0] += 1
        return Appended(outcome: .shed)
    }

    private func hasRoom(_ size: Int) -> Bool { heldBytes + size <= limits.room(size) }

    private mutating func insert(_ record: Record<String>, _ size: Int) -> Appended {
        var sealedOne = false
        if open.byteCount + size > limits.batchBytes, !open.isEmpty {
            seal()
            sealedOne = true
        }
        heldBytes += open.append(record)
        count()
        if open.records >= limits.batchRecords {
            seal()
            sealedOne = true
        }
        return Appended(outcome: .queued, wake: wake(sealedOne))
    }

    /// Appends a large record that was encoded outside of the lock.
    mutating func append(_ chunk: RecordChunk, of record: Record<String>) -> Appended {
        guard !isClosed else { return Appended(outcome: .closed) }
        guard heldBytes + chunk.size <= limits.payloadRoom else { return shed(record) }
        if !open.isEmpty { seal() }
        open = chunk.numbered(from: recorded + 1)
        heldBytes += chunk.size
        count()
        seal()
        return Appended(outcome: .queued, wake: wake(true))
    }

    private mutating func count() {
        recorded += 1
        counts.recorded += 1
        isShedding = false
    }

    private mutating func seal() {
        // The next chunk will most likely become as long: growing by doubling would waste half of it.
        let capacity = min(open.byteCount + open.byteCount / 8, limits.batchBytes)
        sealed.append(open)
        open = RecordChunk(firstOrdinal: recorded + 1, capacity: capacity)
    }

    private mutating func wake(_ sealedOne: Bool) -> Appended.Wake? {
        defer { isSenderAwake = true }
        if sealedOne, !isFullBatchAnnounced {
            isFullBatchAnnounced = true
            return .now
        }
        return isSenderAwake ? nil : .soon
    }

    // MARK: Sending

    mutating func batch(_ sequence: UInt64, _ limits: BatchLimits, allowsPartial: Bool) -> NextBatch {
        isFullBatchAnnounced = false
        let index = Int(clamping: sequence - min(lowestSequence, sequence))
        if index < numbered.count {
            return numbered[index].fits(limits) ? queued(index) : .mustRenumber
        }
        guard let next = takeNext(limits, allowsPartial) else {
            guard open.isEmpty else { return .onlyPartial }
            isSenderAwake = false
            return .empty
        }
        numbered.append(next)
        return queued(numbered.count - 1)
    }

    private func queued(_ index: Int) -> NextBatch {
        let chunk = numbered[index]
        return .batch(
            QueuedBatch(sequence: lowestSequence + UInt64(index), bytes: chunk.bytes, records: chunk.records))
    }

    private mutating func takeNext(_ limits: BatchLimits, _ allowsPartial: Bool) -> RecordChunk? {
        while true {
            if sealed.isEmpty, allowsPartial, !open.isEmpty { seal() }
            guard let first = sealed.first else { return nil }
            if first.fits(limits) { return sealed.removeFirst() }
            // What is cut fits, because a batch may have a record at least, and what fits into none is gone: it ends.
            sealed.replaceSubrange(0..<1, with: cut(first, limits))
        }
    }

    private mutating func cut(_ chunk: RecordChunk, _ limits: BatchLimits) -> [RecordChunk] {
        let (chunks, refused) = chunk.split(limits)
        heldBytes += chunks.reduce(0) { $0 + $1.size } - chunk.size
        counts.oversized += refused.count
        keep(refused)
        return chunks
    }

    mutating func rest() -> Bool {
        guard numbered.isEmpty, sealed.isEmpty, open.isEmpty else { return false }
        isSenderAwake = false
        isFullBatchAnnounced = false
        return true
    }

    // MARK: Acknowledging

    mutating func release(through sequence: UInt64, verdicts: [Verdict]?) -> ReleasedBatches {
        guard sequence >= lowestSequence, sequence - lowestSequence < UInt64(numbered.count) else {
            return ReleasedBatches()
        }
        let count = Int(sequence - lowestSequence) + 1
        var released = ReleasedBatches(
            verdicts: verdicts ?? [], place: DeliveryReport.rejectionsKept - counts.rejections.count)
        for (index, chunk) in numbered.prefix(count).enumerated() {
            heldBytes -= chunk.size
            counts.committed += chunk.records
            if verdicts == nil { counts.committedUnseen += chunk.records }
            released.batches[lowestSequence + UInt64(index)] = chunk
        }
        numbered.removeFirst(count)
        lowestSequence = sequence + 1
        tally(verdicts ?? [])
        return released
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

    mutating func renumber() {
        sealed.insert(contentsOf: numbered, at: 0)
        numbered = []
        lowestSequence = 1
    }
}
