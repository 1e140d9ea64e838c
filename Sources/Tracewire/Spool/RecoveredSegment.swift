internal import TracewireProtocol

/// What a segment's file has to say after its process died, or after it was away from memory.
///
/// What can be read is read: behind a stretch that cannot, the next record that its checksum proves is looked for. A
/// power cut leaves such stretches, because the kernel writes pages back in any order.
struct RecoveredSegment: Equatable, Sendable {
    /// How many times over the bytes of a segment are summed in search of entries behind damage, at most.
    private static let searches = 8

    let order: UInt64
    let capacity: Int
    let isBare: Bool
    /// Behind the last entry.
    private(set) var end = SpoolFormat.headerBytes
    private(set) var records = 0
    /// Bytes that hold something and could not be read, but for a record that was being written when its process died.
    private(set) var damagedBytes = 0
    /// In their order; none ends behind ``end``.
    private(set) var marks: [SegmentMark] = []
    /// Places for marks that are in use.
    private(set) var markSlots = 0

    /// Everything before it was answered to a producer of another name.
    var answered: Int {
        guard let first = marks.first, first.sequence == 0 else { return SpoolFormat.headerBytes }
        return first.end
    }
    /// Of the batches that were made of it.
    var batches: ArraySlice<SegmentMark> { marks.first?.sequence == 0 ? marks.dropFirst() : marks[...] }

    /// Reads a segment, and notes in `memory`, which must be the process's own, what a walk has to pass over.
    ///
    /// `nil` if it is none.
    init?(_ memory: SegmentMemory) {
        let bytes = memory.bytes
        guard bytes.count >= SpoolFormat.headerBytes, bytes.number(UInt64.self, at: 0) == SpoolFormat.segmentMagic,
            bytes.number(UInt32.self, at: SpoolFormat.checkedHeaderBytes)
                == bytes.checksum(0..<SpoolFormat.checkedHeaderBytes)
        else { return nil }
        capacity = Int(bytes.number(UInt32.self, at: 8))
        isBare = bytes.number(UInt32.self, at: 12) & 1 == 1
        order = bytes.number(UInt64.self, at: 16)
        guard order > 0, capacity >= bytes.count else { return nil }
        readMarks(bytes)
        readEntries(memory)
        cutMarks()
    }

    /// Whether nothing was ever written behind the header, which may have been half written itself.
    static func isUnused(_ memory: SegmentMemory) -> Bool {
        memory.bytes.dropFirst(SpoolFormat.headerBytes).allSatisfy { $0 == 0 }
    }

    private mutating func readMarks(_ bytes: UnsafeRawBufferPointer) {
        while true {
            let offset = SpoolFormat.markOffset(markSlots, capacity)
            guard offset >= SpoolFormat.headerBytes, offset + SpoolFormat.markBytes <= bytes.count,
                let mark = SegmentMark(bytes, at: offset), follows(mark)
            else { return }
            marks.append(mark)
            markSlots += 1
        }
    }

    private func follows(_ mark: SegmentMark) -> Bool {
        guard mark.end >= SpoolFormat.headerBytes, mark.end % SpoolFormat.alignment == 0 else { return false }
        guard let last = marks.last else { return true }
        return mark.end > last.end && (last.sequence == 0 || mark.sequence == last.sequence + 1)
    }

    private mutating func readEntries(_ memory: SegmentMemory) {
        let bytes = memory.bytes
        let limit = min(bytes.count, SpoolFormat.markOffset(markSlots, capacity) + SpoolFormat.markBytes)
        var patience = Self.searches * bytes.count
        while true {
            while let next = Self.entry(bytes, at: end, limit) {
                end = next
                records += 1
            }
            guard let next = Self.nextEntry(bytes, from: end, limit, &patience) else { break }
            makeHoles(memory, from: end, to: next)
            damagedBytes += next - end
            end = next
        }
        countTail(bytes, limit)
    }

    /// A walk that begins where a batch does must find a hole there, and not what the bytes happen to say.
    private func makeHoles(_ memory: SegmentMemory, from start: Int, to end: Int) {
        var start = start
        for next in marks.map(\.end).filter({ start < $0 && $0 < end }) + [end] {
            memory.writable.store(UInt32(next - start - SpoolFormat.entryHeaderBytes) | SpoolFormat.hole, at: start)
            start = next
        }
    }

    /// Where the entry at `offset` ends; `nil` unless there is one, and its checksum is right.
    private static func entry(_ bytes: UnsafeRawBufferPointer, at offset: Int, _ limit: Int) -> Int? {
        guard let record = claimedEntry(bytes, at: offset, limit),
            bytes.number(UInt32.self, at: offset + 4) == SegmentEntry.checksum(bytes, at: offset, record.count)
        else { return nil }
        return offset + SpoolFormat.entryBytes(record.count)
    }

    /// The record that the bytes at `offset` claim to be, whatever its checksum says.
    private static func claimedEntry(_ bytes: UnsafeRawBufferPointer, at offset: Int, _ limit: Int) -> Range<Int>? {
        let start = offset + SpoolFormat.entryHeaderBytes
        guard start < limit else { return nil }
        let count = Int(bytes.number(UInt32.self, at: offset))
        guard count > 0, offset + SpoolFormat.entryBytes(count) <= limit,
            EntryWalk.record(bytes, in: start..<(start + count)) != nil
        else { return nil }
        return start..<(start + count)
    }

    /// Where the next entry begins behind bytes that are none.
    ///
    /// - Parameter patience: how many bytes may be summed in vain, in all: of a file that was made to look like entries at
    ///   every place, all would be summed over and over.
    private static func nextEntry(
        _ bytes: UnsafeRawBufferPointer, from offset: Int, _ limit: Int, _ patience: inout Int
    ) -> Int? {
        var next = offset + SpoolFormat.alignment
        while next + SpoolFormat.entryHeaderBytes < limit, patience > 0 {
            if entry(bytes, at: next, limit) != nil { return next }
            if let claimed = claimedEntry(bytes, at: next, limit) { patience -= claimed.count }
            next += SpoolFormat.alignment
        }
        return nil
    }

    /// Behind the last entry there is nothing, or one record whose length was not written, or damage.
    private mutating func countTail(_ bytes: UnsafeRawBufferPointer, _ limit: Int) {
        guard end + 4 <= limit, bytes.number(UInt32.self, at: end) != 0 else { return }
        damagedBytes += limit - end
    }

    /// A mark may be there without the records before it.
    private mutating func cutMarks() {
        guard let whole = marks.firstIndex(where: { $0.end > end }) else { return }
        let last = marks[whole]
        marks.removeSubrange(whole...)
        let start = marks.last?.end ?? SpoolFormat.headerBytes
        if start < end, last.sequence != 0 { marks.append(SegmentMark(sequence: last.sequence, end: end)) }
    }
}
