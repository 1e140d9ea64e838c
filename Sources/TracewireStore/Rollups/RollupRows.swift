internal import TracewireProtocol

/// One row of the table `rollups`.
struct RollupRow {
    let place: RollupPlace
    var cells = RollupCells()
    /// Between which keys the rows lie that it counts: so that the least and greatest value of an hour can be found again
    /// when one of them is pruned, without an index on the time of every node. Only bounds: rows that went away are in
    /// them. `nil` where another index serves.
    var rows: ClosedRange<Int64>?
}

/// The statements on `rollups`.
final class RollupRows {
    /// Its row keeps the horizon in `first_row`; see ``Rollups``.
    static let horizonID: Int64 = -1

    private let selection: Statement
    private let rangeSelection: Statement
    private let firstSelection: Statement
    private let lastSelection: Statement
    private let replacement: Statement
    private let deletion: Statement

    /// - Parameter schema: `main`, or `temp` for rollups that are made for a comparison.
    init(_ connection: Connection, schema: String) throws(StoreError) {
        let columns = "SELECT id, cells, first_row, last_row FROM \(schema).rollups"
        selection = try Statement(connection, "\(columns) WHERE id = ?")
        rangeSelection = try Statement(connection, "\(columns) WHERE id BETWEEN ? AND ? ORDER BY id LIMIT ?")
        firstSelection = try Statement(
            connection, "SELECT min(id) FROM \(schema).rollups WHERE id BETWEEN ? AND ?")
        lastSelection = try Statement(
            connection, "SELECT max(id) FROM \(schema).rollups WHERE id BETWEEN ? AND ?")
        replacement = try Statement(
            connection, "INSERT OR REPLACE INTO \(schema).rollups (id, cells, first_row, last_row) VALUES (?, ?, ?, ?)")
        deletion = try Statement(connection, "DELETE FROM \(schema).rollups WHERE id = ?")
    }

    func find(_ place: RollupPlace) throws(StoreError) -> RollupRow? {
        defer { selection.reset() }
        selection.bind(1, place.id)
        return try selection.step() ? row(selection) : nil
    }

    /// The rows of a range, the first `limit` of them.
    func rows(in range: ClosedRange<Int64>, limit: Int) throws(StoreError) -> [RollupRow] {
        defer { rangeSelection.reset() }
        rangeSelection.bind(1, range.lowerBound)
        rangeSelection.bind(2, range.upperBound)
        rangeSelection.bind(3, Int64(limit))
        var rows: [RollupRow] = []
        while try rangeSelection.step() { rows.append(row(rangeSelection)) }
        return rows
    }

    func first(in range: ClosedRange<Int64>) throws(StoreError) -> RollupPlace? {
        try place(firstSelection, in: range)
    }

    func last(in range: ClosedRange<Int64>) throws(StoreError) -> RollupPlace? {
        try place(lastSelection, in: range)
    }

    private func place(_ statement: Statement, in range: ClosedRange<Int64>) throws(StoreError) -> RollupPlace? {
        defer { statement.reset() }
        statement.bind(1, range.lowerBound)
        statement.bind(2, range.upperBound)
        return try statement.step() ? statement.optionalInteger(0).map { RollupPlace(id: $0) } : nil
    }

    /// Writes the row; one that counts nothing any more is deleted.
    func write(_ row: RollupRow) throws(StoreError) {
        guard !row.cells.isEmpty else {
            deletion.bind(1, row.place.id)
            return try deletion.run()
        }
        try write(row.place.id, row.cells.encoded, row.rows?.lowerBound, row.rows?.upperBound)
    }

    private func write(_ id: Int64, _ cells: [UInt8], _ first: Int64?, _ last: Int64?) throws(StoreError) {
        replacement.bind(1, id)
        replacement.bind(2, copying: .blob(cells))
        replacement.bind(3, first)
        replacement.bind(4, last)
        try replacement.run()
    }

    /// What cannot be read counts nothing: traffic must not stop because of a sum, and a comparison finds it.
    private func row(_ statement: Statement) -> RollupRow {
        var row = RollupRow(
            place: RollupPlace(id: statement.integer(0)), cells: RollupCells(statement.bytes(1)) ?? RollupCells())
        if let first = statement.optionalInteger(2), let last = statement.optionalInteger(3), first <= last {
            row.rows = first...last
        }
        return row
    }

    /// The first hour that is not part of a day and a total yet.
    func horizon() throws(StoreError) -> Int64 {
        defer { selection.reset() }
        selection.bind(1, Self.horizonID)
        return try selection.step() ? selection.integer(2) : 0
    }

    func setHorizon(_ hour: Int64) throws(StoreError) {
        try write(Self.horizonID, [], hour, nil)
    }
}
