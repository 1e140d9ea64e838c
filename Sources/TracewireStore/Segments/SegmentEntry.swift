/// What stands before each value in a segment: whose value it is. With it a segment can be searched and checked by
/// itself.
///
/// An entry is one byte for the column, two variable integers for the row's key and the value's length, and the value.
struct SegmentEntry {
    /// The column's code; ``deadColumn`` once the row is gone.
    let column: UInt8
    let row: Int64
    /// Where the value lies in the segment.
    let value: Range<Int>

    /// Stands in place of a column's code where the value has been removed. Its bytes are zero then.
    static let deadColumn: UInt8 = 0

    /// Bytes of an entry beside the value, at most.
    static let largestHeader = 1 + 10 + 5

    static func appendHeader(_ column: PayloadColumn, row: Int64, length: Int, to bytes: inout [UInt8]) {
        bytes.append(column.rawValue)
        bytes.append(varint: UInt64(row))
        bytes.append(varint: UInt64(length))
    }

    /// The entry at `position`, which moves behind it; `nil` if the bytes there are no entry.
    static func read(_ segment: UnsafeRawBufferPointer, at position: inout Int) -> SegmentEntry? {
        guard position < segment.count else { return nil }
        let column = segment[position]
        var reader = VarintReader(segment, at: position + 1)
        guard let row = reader.next(), row <= UInt64(Int64.max), let length = reader.next(),
            length <= UInt64(reader.remaining)
        else { return nil }
        let start = reader.position
        position = start + Int(length)
        return SegmentEntry(column: column, row: Int64(row), value: start..<position)
    }
}
