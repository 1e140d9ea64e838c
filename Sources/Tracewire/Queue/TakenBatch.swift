internal import TracewireProtocol

/// Records of one segment that were made into a batch, until it is acknowledged. Made again it is the same.
struct TakenBatch: Sendable {
    /// The segment's place.
    let order: UInt64
    /// Keeps the bytes there, whatever becomes of the segment. `nil` for a batch of a process that is gone, until its
    /// segment was read.
    var memory: SegmentMemory?
    /// In the segment.
    let range: Range<Int>
    /// The number of its first record, and how many the queue held for it.
    let firstOrdinal: UInt64
    var records: Int
    var losses = BatchLosses()
    /// What it takes of the queue's room.
    var size: Int { Segment.size(range.count, records) }
}

extension TakenBatch {
    /// What a verdict on one of the batch's records is about.
    func rejection(_ verdict: Verdict) -> Rejection {
        guard let memory, let entry = entry(Int(verdict.index), memory) else { return ReadBack.rejection(nil, verdict) }
        return ReadBack.rejection(ReadBack(memory.bytes, entry), verdict)
    }

    /// Where the record is that stands at `index` in the batch.
    private func entry(_ index: Int, _ memory: SegmentMemory) -> Range<Int>? {
        var walk = EntryWalk(memory.bytes, range)
        var (place, rest) = (0, index)
        while let entry = walk.next() {
            defer { place += 1 }
            if losses.leftOut.contains(place) { continue }
            if rest == 0 { return entry }
            rest -= 1
        }
        return nil
    }
}
