internal import Synchronization
internal import TracewireProtocol

/// A record as it lies in a segment: its length, the checksum of length and record, the record as an entry of
/// `Batch.records`, and nothing up to the next multiple of ``SpoolFormat/alignment``.
///
/// It is made outside of the queue's lock, and copied under it.
struct SegmentEntry {
    private let bytes: UnsafeRawBufferPointer

    /// What the entry takes in a segment.
    var count: Int { bytes.count }
    /// Bytes of the record in a batch.
    var recordBytes: Int { Int(bytes.number(UInt32.self, at: 0)) }

    /// Calls `body` with the record as an entry; `nil` where it cannot be encoded.
    static func make<Result>(_ record: Record<String>, _ body: (SegmentEntry) -> Result) -> Result? {
        let room = SpoolFormat.entryBytes(record.largestEncodedSize)
        // On the stack for a record without texts of any length.
        return withUnsafeTemporaryAllocation(byteCount: room, alignment: SpoolFormat.alignment) { scratch in
            let place = UnsafeMutableRawBufferPointer(rebasing: scratch[SpoolFormat.entryHeaderBytes...])
            guard let count = record.writeBatchEntry(to: place) else { return nil }
            return body(SegmentEntry(closing: scratch, count))
        }
    }

    /// Calls `body` with a record that was encoded before as an entry.
    static func make<Result>(encoded record: UnsafeRawBufferPointer, _ body: (SegmentEntry) -> Result) -> Result {
        let room = SpoolFormat.entryBytes(record.count)
        return withUnsafeTemporaryAllocation(byteCount: room, alignment: SpoolFormat.alignment) { scratch in
            let place = UnsafeMutableRawBufferPointer(rebasing: scratch[SpoolFormat.entryHeaderBytes...])
            place.copyMemory(from: record)
            return body(SegmentEntry(closing: scratch, record.count))
        }
    }

    private init(closing scratch: UnsafeMutableRawBufferPointer, _ count: Int) {
        let size = SpoolFormat.entryBytes(count)
        let entry = UnsafeMutableRawBufferPointer(rebasing: scratch[..<size])
        for offset in (SpoolFormat.entryHeaderBytes + count)..<size { entry.store(UInt8(0), at: offset) }
        entry.store(UInt32(count), at: 0)
        bytes = UnsafeRawBufferPointer(entry)
        entry.store(Self.checksum(bytes, at: 0, count), at: 4)
    }

    /// Copies the entry to `offset`, where there must be room. Its length is written last: a process that dies before
    /// has written nothing there.
    func copy(to memory: UnsafeMutableRawBufferPointer, at offset: Int) {
        let behindLength = UnsafeRawBufferPointer(rebasing: bytes[4...])
        UnsafeMutableRawBufferPointer(rebasing: memory[(offset + 4)...]).copyMemory(from: behindLength)
        atomicMemoryFence(ordering: .releasing)
        memory.storeBytes(of: bytes.load(as: UInt32.self), toByteOffset: offset, as: UInt32.self)
    }

    /// The checksum of an entry's length and record.
    static func checksum(_ bytes: UnsafeRawBufferPointer, at offset: Int, _ count: Int) -> UInt32 {
        let record = UnsafeRawBufferPointer(rebasing: bytes[(offset + SpoolFormat.entryHeaderBytes)...].prefix(count))
        return CRC32.checksum(
            record.bindMemory(to: UInt8.self).span, initial: bytes.checksum(offset..<(offset + 4)))
    }
}
