/// Takes values out of segments. What is left keeps its place: the bytes of what is gone are zero, which compresses to
/// nothing, and a segment in which nothing is left goes away.
final class SegmentRemoval {
    private let rows: SegmentRows
    private let holding: Statement
    private let last: Statement

    init(_ connection: Connection, _ rows: SegmentRows) throws(StoreError) {
        self.rows = rows
        holding = try Statement(connection, "SELECT start FROM segments WHERE start <= ? ORDER BY start DESC LIMIT 1")
        last = try Statement(connection, "SELECT max(start) FROM segments")
    }

    /// Removes the values at `positions`, within a transaction. A segment that cannot be read is left as it is.
    func remove(_ positions: Set<Int64>) throws(StoreError) {
        var bySegment: [Int64: Set<Int64>] = [:]
        for position in positions {
            guard let start = try start(holding, position) else { continue }
            bySegment[start, default: []].insert(position - start)
        }
        for (start, offsets) in bySegment.sorted(by: { $0.key < $1.key }) {
            do throws(StoreError) {
                try rows.forEach(start...start) { (row) throws(StoreError) in try remove(offsets, from: row) }
            } catch {
                guard error.code == .corrupt else { throw error }
            }
        }
    }

    private func remove(_ offsets: Set<Int64>, from row: SegmentRows.Row) throws(StoreError) {
        var bytes = row.bytes
        let isAlive = Self.clear(offsets, in: &bytes)
        // The last segment says where the next one starts.
        if !isAlive, try start(last, nil) != row.start { return try rows.delete(row.start...row.start) }
        try rows.replace(SegmentRows.Row(start: row.start, latestAtMs: row.latestAtMs, bytes: bytes))
    }

    /// Marks the entries of the values at `offsets` as dead. Returns whether another one is left.
    private static func clear(_ offsets: Set<Int64>, in bytes: inout [UInt8]) -> Bool {
        bytes.withUnsafeMutableBytes { bytes in
            var isAlive = false
            var position = 0
            while position < bytes.count {
                let header = position
                guard let entry = SegmentEntry.read(UnsafeRawBufferPointer(bytes), at: &position) else { return true }
                if offsets.contains(Int64(entry.value.lowerBound)) {
                    bytes[header] = SegmentEntry.deadColumn
                    UnsafeMutableRawBufferPointer(rebasing: bytes[entry.value]).initializeMemory(
                        as: UInt8.self, repeating: 0)
                } else if entry.column != SegmentEntry.deadColumn {
                    isAlive = true
                }
            }
            return isAlive
        }
    }

    private func start(_ statement: Statement, _ position: Int64?) throws(StoreError) -> Int64? {
        defer { statement.reset() }
        if let position { statement.bind(1, position) }
        return try statement.step() ? statement.optionalInteger(0) : nil
    }
}
