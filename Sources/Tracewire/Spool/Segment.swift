internal import TracewireProtocol

/// A stretch of the queue: records in their order, up to a size, and which of them were made into batches.
struct Segment: Sendable {
    /// The place among the queue's segments; 0 before it has one.
    private(set) var order: UInt64 = 0
    let capacity: Int
    /// `nil` where the segment dies with the process.
    let file: SegmentFile?
    /// `nil` while it is only on disk.
    private(set) var memory: SegmentMemory?
    /// Before the first entry that counts.
    let start: Int
    /// Behind the last entry.
    private(set) var end: Int
    /// From ``start`` on.
    private(set) var records = 0
    /// Behind the last entry that was made part of a batch.
    private(set) var taken: Int
    private(set) var takenRecords = 0
    private var marks = 0
    /// Whether its payloads were shed.
    let isBare: Bool
    /// Whether some of it may have been sent.
    private var wasTaken = false
    private var keepsPayloads = false
    /// Bytes that it takes beyond its records, once it is complete.
    private(set) var unused = 0
    /// Whether some of what the file holds could not be read: it is kept for whoever wants to look at it.
    private(set) var isDamaged = false
    /// Whether another process has written it: nothing is appended.
    private let isSealed: Bool

    /// An empty segment.
    init(_ memory: SegmentMemory, file: SegmentFile?, isBare: Bool = false) {
        (capacity, self.memory, self.file, self.isBare, isSealed) = (memory.count, memory, file, isBare, false)
        (start, end, taken) = (SpoolFormat.headerBytes, SpoolFormat.headerBytes, SpoolFormat.headerBytes)
    }

    /// A segment that a process which is gone has left; its memory is not kept.
    ///
    /// - Parameters:
    ///   - start: what lies before it is answered.
    ///   - taken: what lies before it is in batches.
    init(
        _ recovered: RecoveredSegment, file: SegmentFile, start: Int, taken: (end: Int, records: Int), records: Int
    ) {
        (capacity, self.file, isBare, isSealed) = (recovered.capacity, file, recovered.isBare, true)
        isDamaged = recovered.damagedBytes > 0
        wasTaken = recovered.markSlots > 0
        (order, end, marks) = (recovered.order, recovered.end, recovered.markSlots)
        (self.start, self.records) = (start, records)
        (self.taken, takenRecords) = taken
    }

    /// What the records take of the room that the queue has.
    var size: Int { Self.size(end - start, records) }

    /// The same, of some of them.
    static func size(_ bytes: Int, _ records: Int) -> Int { bytes + records * SpoolFormat.markBytes }

    /// Gives the segment its place. Without it nobody reads it.
    mutating func open(as order: UInt64) {
        self.order = order
        guard let header = memory?.writable else { return }
        header.store(SpoolFormat.segmentMagic, at: 0)
        header.store(UInt32(capacity), at: 8)
        header.store(UInt32(isBare ? 1 : 0), at: 12)
        header.store(order, at: 16)
        let checksum = UnsafeRawBufferPointer(header).checksum(0..<SpoolFormat.checkedHeaderBytes)
        header.store(checksum, at: SpoolFormat.checkedHeaderBytes)
    }

    func hasRoom(_ entry: SegmentEntry) -> Bool {
        // A mark for each entry, should each become a batch, and one for what was answered under another name.
        !isSealed && end + entry.count + (records + 2) * SpoolFormat.markBytes <= capacity
    }

    /// Appends an entry for which there is room.
    mutating func append(_ entry: SegmentEntry) {
        guard let memory else { return }
        entry.copy(to: memory.writable, at: end)
        end += entry.count
        records += 1
    }

    /// Whether its payloads may be taken out: not by whoever delivers what another process had room for.
    var isStrippable: Bool { !isBare && !isSealed && !wasTaken && !keepsPayloads && records > 0 }

    /// What nothing is appended to any more takes all of its file. Returns the bytes beyond its records.
    mutating func complete() -> Int {
        unused = max(0, capacity - start - size)
        return unused
    }

    /// Nothing would be won by taking its payloads out.
    mutating func keepPayloads() {
        keepsPayloads = true
    }

    /// Moves the place up to which batches were made.
    mutating func take(_ end: Int, _ records: Int) {
        wasTaken = true
        (taken, takenRecords) = (end, takenRecords + records)
    }

    /// Takes a batch back.
    mutating func untake(_ batch: TakenBatch) {
        taken = batch.range.lowerBound
        untake(records: batch.records)
    }

    /// So many records that counted as taken wait again, or are gone.
    mutating func untake(records: Int) {
        takenRecords -= records
    }

    /// Notes in the segment that a batch ends at ``taken``, so that whoever reads it back makes the same one.
    mutating func mark(_ sequence: UInt64) -> MarkWriting? {
        defer { marks += 1 }
        return write(SegmentMark(sequence: sequence, end: taken), marks)
    }

    /// Takes all batches back, as the sequences belong to another producer from now on; what lies before ``taken`` is
    /// answered.
    mutating func clearMarks() -> [MarkWriting] {
        var writings = (0..<marks).compactMap { write(nil, $0) }
        marks = 0
        // Also what was answered before this process had the segment: no mark says it any more.
        if taken > SpoolFormat.headerBytes, let writing = mark(0) { writings.append(writing) }
        return writings
    }

    /// Writes a mark where the file is mapped; else returns what is left to do outside of any lock.
    private func write(_ mark: SegmentMark?, _ index: Int) -> MarkWriting? {
        guard let file else { return nil }
        let offset = SpoolFormat.markOffset(index, capacity)
        guard offset >= end else { return nil }
        let writing = MarkWriting(file: file, mark: mark, offset: offset)
        guard let memory, memory.isFile else { return writing }
        writing.write { bytes in
            UnsafeMutableRawBufferPointer(rebasing: memory.writable[offset...]).copyMemory(from: bytes)
        }
        return nil
    }

    /// Lets go of the memory, where the file has it all. Returns it, to be given back outside of any lock.
    mutating func unload() -> SegmentMemory? {
        guard file != nil else { return nil }
        defer { memory = nil }
        return memory
    }

    /// Takes what was read back from the file; returns how many records are gone since it was written.
    mutating func load(_ memory: SegmentMemory, _ recovered: RecoveredSegment) -> Int {
        let found = EntryWalk.count(memory.bytes, start..<max(start, recovered.end))
        let lost = max(0, records - found)
        self.memory = memory
        (end, records) = (max(recovered.end, taken), records - lost)
        isDamaged = isDamaged || recovered.damagedBytes > 0
        return lost
    }
}

/// A mark that is to be written, or taken away, in a file that is not mapped.
struct MarkWriting: Sendable {
    let file: SegmentFile
    let mark: SegmentMark?
    let offset: Int

    func run() {
        write { file.write($0, at: offset) }
    }

    fileprivate func write(_ body: (UnsafeRawBufferPointer) -> Void) {
        withUnsafeTemporaryAllocation(byteCount: SpoolFormat.markBytes, alignment: 8) { bytes in
            bytes.initializeMemory(as: UInt8.self, repeating: 0)
            mark?.write(to: bytes)
            body(UnsafeRawBufferPointer(bytes))
        }
    }
}

/// Where a batch ends.
struct SegmentMark: Equatable, Sendable {
    /// The batch's; 0 for what a producer of another name has sent.
    let sequence: UInt64
    let end: Int

    init(sequence: UInt64, end: Int) {
        (self.sequence, self.end) = (sequence, end)
    }

    /// `nil` where there is none.
    init?(_ bytes: UnsafeRawBufferPointer, at offset: Int) {
        guard bytes.number(UInt32.self, at: offset + 12) == bytes.checksum(offset..<(offset + 12)) else { return nil }
        sequence = bytes.number(UInt64.self, at: offset)
        guard sequence <= SpoolFormat.largestNumber else { return nil }
        end = Int(bytes.number(UInt32.self, at: offset + 8))
    }

    func write(to bytes: UnsafeMutableRawBufferPointer) {
        bytes.store(sequence, at: 0)
        bytes.store(UInt32(clamping: end), at: 8)
        bytes.store(UnsafeRawBufferPointer(bytes).checksum(0..<12), at: 12)
    }
}
