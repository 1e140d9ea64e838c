internal import TracewireProtocol

/// One row of the table `rollups`.
struct RollupRow {
    let place: RollupPlace
    var cells = RollupCells()
}

/// The statements on `rollups`.
final class RollupRows {
    private let selection: Statement
    private let rangeSelection: Statement
    private let firstSelection: Statement
    private let lastSelection: Statement
    private let replacement: Statement
    private let deletion: Statement
    private let horizonSelection: Statement
    private let horizonUpdate: Statement

    /// - Parameter schema: `main`, or `temp` for rollups that are made for a comparison.
    init(_ connection: Connection, schema: String) throws(StoreError) {
        let columns = "SELECT id, cells FROM \(schema).rollups"
        selection = try Statement(connection, "\(columns) WHERE id = ?")
        rangeSelection = try Statement(connection, "\(columns) WHERE id BETWEEN ? AND ? ORDER BY id LIMIT ?")
        firstSelection = try Statement(
            connection, "SELECT min(id) FROM \(schema).rollups WHERE id BETWEEN ? AND ?")
        lastSelection = try Statement(
            connection, "SELECT max(id) FROM \(schema).rollups WHERE id BETWEEN ? AND ?")
        replacement = try Statement(
            connection, "INSERT OR REPLACE INTO \(schema).rollups (id, cells) VALUES (?, ?)")
        deletion = try Statement(connection, "DELETE FROM \(schema).rollups WHERE id = ?")
        horizonSelection = try Statement(connection, "SELECT hour FROM \(schema).rollup_horizon")
        horizonUpdate = try Statement(connection, "UPDATE \(schema).rollup_horizon SET hour = ?")
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
        replacement.bind(1, row.place.id)
        replacement.bind(2, copying: .blob(row.cells.encoded))
        try replacement.run()
    }

    /// What cannot be read counts nothing: traffic must not stop because of a sum, and a comparison finds it.
    private func row(_ statement: Statement) -> RollupRow {
        RollupRow(
            place: RollupPlace(id: statement.integer(0)), cells: RollupCells(statement.bytes(1)) ?? RollupCells())
    }

    /// The first hour that is not part of a day and a total yet.
    func horizon() throws(StoreError) -> Int64 {
        defer { horizonSelection.reset() }
        guard try horizonSelection.step() else { return 0 }
        return min(max(0, horizonSelection.integer(0)), RollupPlace.latestPeriod)
    }

    func setHorizon(_ hour: Int64) throws(StoreError) {
        horizonUpdate.bind(1, hour)
        try horizonUpdate.run()
    }
}
