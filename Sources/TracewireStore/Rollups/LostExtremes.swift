/// Of which rollups the least or the greatest value of a kind went away and has not been found again: the table
/// `lost_extremes`, written in the transaction that took the value away.
///
/// What such a rollup says of this kind still includes what it has lost: its range is too wide, never too narrow.
final class LostExtremes {
    struct Entry {
        let place: RollupPlace
        /// Bits of ``RollupKind``.
        let kinds: Int64
    }

    private let noting: Statement
    private let selection: Statement
    private let forgetting: Statement

    init(_ connection: Connection) throws(StoreError) {
        // A pruning takes the same rollups' values again and again: what is noted already is not written anew.
        noting = try Statement(
            connection,
            """
            INSERT INTO lost_extremes (id, kinds) VALUES (?1, ?2)
            ON CONFLICT (id) DO UPDATE SET kinds = kinds | excluded.kinds WHERE kinds & excluded.kinds <> excluded.kinds
            """)
        selection = try Statement(
            connection, "SELECT id, kinds FROM lost_extremes WHERE id BETWEEN ? AND ? ORDER BY id LIMIT ?")
        forgetting = try Statement(connection, "DELETE FROM lost_extremes WHERE id = ?")
    }

    func note(_ kinds: Int64, of place: RollupPlace) throws(StoreError) {
        noting.bind(1, place.id)
        noting.bind(2, kinds)
        try noting.run()
    }

    /// The first `limit` of a range of places.
    func entries(in range: ClosedRange<Int64>, limit: Int) throws(StoreError) -> [Entry] {
        defer { selection.reset() }
        selection.bind(1, range.lowerBound)
        selection.bind(2, range.upperBound)
        selection.bind(3, Int64(limit))
        var entries: [Entry] = []
        while try selection.step() {
            entries.append(Entry(place: RollupPlace(id: selection.integer(0)), kinds: selection.integer(1)))
        }
        return entries
    }

    /// The kinds of which a rollup has lost a value; none of most.
    func kinds(of place: RollupPlace) throws(StoreError) -> Int64 {
        try entries(in: place.id...place.id, limit: 1).first?.kinds ?? 0
    }

    func forget(_ place: RollupPlace) throws(StoreError) {
        forgetting.bind(1, place.id)
        try forgetting.run()
    }
}
