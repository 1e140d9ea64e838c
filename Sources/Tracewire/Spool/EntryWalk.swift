/// Goes through a segment's entries in their order, over holes.
struct EntryWalk {
    private let bytes: UnsafeRawBufferPointer
    private let end: Int
    /// Behind the last entry that was handed out.
    private(set) var position: Int

    /// - Parameter range: begins and ends where entries do.
    init(_ bytes: UnsafeRawBufferPointer, _ range: Range<Int>) {
        self.bytes = bytes
        (position, end) = (range.lowerBound, min(range.upperBound, bytes.count))
    }

    /// Where the next record is, as an entry of `Batch.records`; `nil` behind the last one.
    mutating func next() -> Range<Int>? {
        while position + SpoolFormat.entryHeaderBytes <= end {
            let length = bytes.number(UInt32.self, at: position)
            let count = Int(length & ~SpoolFormat.hole)
            let start = position + SpoolFormat.entryHeaderBytes
            guard length != 0, start + count <= end else { return nil }
            position += SpoolFormat.entryBytes(count)
            if length & SpoolFormat.hole == 0 { return start..<(start + count) }
        }
        return nil
    }

    /// How many records there are in a stretch.
    static func count(_ bytes: UnsafeRawBufferPointer, _ range: Range<Int>) -> Int {
        var walk = EntryWalk(bytes, range)
        var count = 0
        while walk.next() != nil { count += 1 }
        return count
    }

    /// The record in an entry of `Batch.records`: behind the tag, one byte, and its length, a varint. `nil` where the
    /// bytes are no such entry, or go on behind it.
    static func record(_ bytes: UnsafeRawBufferPointer, in entry: Range<Int>) -> Range<Int>? {
        guard entry.count >= 2, bytes[entry.lowerBound] == 0x0a else { return nil }
        var position = entry.lowerBound + 1
        var length = 0
        for shift in stride(from: 0, through: 28, by: 7) {
            guard position < entry.upperBound else { return nil }
            let byte = bytes[position]
            position += 1
            length |= Int(byte & 0x7f) << shift
            if byte < 0x80 { return position + length == entry.upperBound ? position..<entry.upperBound : nil }
        }
        return nil
    }
}
