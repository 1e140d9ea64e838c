/// Takes the values of rows that are gone out of segments. What is left keeps its place: the bytes of what is gone are
/// zero, which compresses to nothing, and a segment in which nothing is left goes away.
///
/// A segment may hold values of many workflows, which go one after the other: it is only noted as stale then, in the table
/// `stale_segments`, and written anew once, when nothing more is about to go from it. An entry names its row, so that
/// what is gone can be told from the segment alone.
final class SegmentRemoval {
    private let rows: SegmentRows
    private let holding: Statement
    private let last: Statement
    private let noting: Statement
    private let stale: Statement
    private let forgetting: Statement
    private let existence: [PayloadColumn.Table: Statement]

    init(_ connection: Connection, _ rows: SegmentRows) throws(StoreError) {
        self.rows = rows
        holding = try Statement(connection, "SELECT start FROM segments WHERE start <= ? ORDER BY start DESC LIMIT 1")
        last = try Statement(connection, "SELECT max(start) FROM segments")
        noting = try Statement(connection, "INSERT OR IGNORE INTO stale_segments (start) VALUES (?)")
        stale = try Statement(connection, "SELECT start FROM stale_segments WHERE start < ? ORDER BY start LIMIT ?")
        forgetting = try Statement(connection, "DELETE FROM stale_segments WHERE start = ?")
        var existence: [PayloadColumn.Table: Statement] = [:]
        for table in PayloadColumn.Table.allCases {
            existence[table] = try Statement(connection, "SELECT 1 FROM \(table.rawValue) WHERE id = ?")
        }
        self.existence = existence
    }

    /// Notes that the values at `positions` are of rows that have been deleted, within a transaction.
    ///
    /// - Returns: where the first of their segments starts; `nil` if there is none.
    func note(_ positions: Set<Int64>) throws(StoreError) -> Int64? {
        var first: Int64?
        for position in positions {
            guard let start = try start(holding, position) else { continue }
            first = min(first ?? start, start)
            noting.bind(1, start)
            try noting.run()
        }
        return first
    }

    /// Writes at most `limit` stale segments anew that start before `end`, within a transaction. One that cannot be read
    /// is left as it is.
    ///
    /// - Returns: whether there are more.
    func clear(before end: Int64 = .max, limit: Int) throws(StoreError) -> Bool {
        let starts = try staleStarts(before: end, limit: limit + 1)
        for start in starts.prefix(limit) {
            do throws(StoreError) {
                try clear(start)
            } catch {
                guard error.code == .corrupt else { throw error }
            }
            forgetting.bind(1, start)
            try forgetting.run()
        }
        return starts.count > limit
    }

    private func staleStarts(before end: Int64, limit: Int) throws(StoreError) -> [Int64] {
        defer { stale.reset() }
        stale.bind(1, end)
        stale.bind(2, Int64(limit))
        var starts: [Int64] = []
        while try stale.step() { starts.append(stale.integer(0)) }
        return starts
    }

    /// - Parameter start: where the segment started when it was noted; it may have been merged into another since.
    private func clear(_ start: Int64) throws(StoreError) {
        guard let holder = try self.start(holding, start) else { return }
        var found: SegmentRows.Row?
        try rows.forEach(holder...holder) { found = $0 }
        guard let row = found else { return }
        var bytes = row.bytes
        let isAlive = try clear(&bytes)
        // The last segment says where the next one starts.
        if !isAlive, try self.start(last, nil) != row.start { return try rows.delete(row.start...row.start) }
        try rows.replace(SegmentRows.Row(start: row.start, latestAtMs: row.latestAtMs, bytes: bytes))
    }

    /// Marks the entries of rows that are gone as dead. Returns whether another one is left.
    private func clear(_ bytes: inout [UInt8]) throws(StoreError) -> Bool {
        guard let entries = SegmentCheck.entries(bytes) else { return true }
        var isAlive = false
        var position = 0
        for entry in entries {
            let header = position
            position = entry.value.upperBound
            guard entry.column != SegmentEntry.deadColumn else { continue }
            if try isGone(entry) {
                bytes[header] = SegmentEntry.deadColumn
                for place in entry.value { bytes[place] = 0 }
            } else {
                isAlive = true
            }
        }
        return isAlive
    }

    private func isGone(_ entry: SegmentEntry) throws(StoreError) -> Bool {
        guard let column = PayloadColumn(rawValue: entry.column), let statement = existence[column.table] else {
            return false
        }
        defer { statement.reset() }
        statement.bind(1, entry.row)
        return try !statement.step()
    }

    private func start(_ statement: Statement, _ position: Int64?) throws(StoreError) -> Int64? {
        defer { statement.reset() }
        if let position { statement.bind(1, position) }
        return try statement.step() ? statement.optionalInteger(0) : nil
    }
}
