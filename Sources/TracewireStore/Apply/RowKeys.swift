/// Gives out the keys of a table's new rows, in ascending order, none of them twice: what somebody has written down as
/// the number of a run must not be another run once the first is pruned.
///
/// The keys of rows that are gone are remembered where SQLite remembers those of its own `AUTOINCREMENT`.
final class RowKeys {
    private let connection: Connection
    private let table: PayloadColumn.Table
    private var upcoming: Int64?

    init(_ connection: Connection, of table: PayloadColumn.Table) {
        self.connection = connection
        self.table = table
    }

    /// The key that is given out next. The database is asked for it once.
    func next() throws(StoreError) -> Int64 {
        if let upcoming { return upcoming }
        let key = try connection.integer(
            """
            SELECT 1 + max((SELECT coalesce(max(id), 0) FROM main.\(table.rawValue)),
                (SELECT coalesce(max(seq), 0) FROM main.sqlite_sequence WHERE name = '\(table.rawValue)'))
            """)
        upcoming = key
        return key
    }

    func take() throws(StoreError) -> Int64 {
        let key = try next()
        take(key)
        return key
    }

    /// The key that ``next()`` gave is used.
    func take(_ key: Int64) {
        // A damaged file may have the last one there is.
        upcoming = key.addingClamped(1)
    }

    /// Before rows are deleted, in the same transaction.
    static func remember(_ connection: Connection, of table: PayloadColumn.Table) throws(StoreError) {
        let (name, last) = (table.rawValue, "(SELECT coalesce(max(id), 0) FROM main.\(table.rawValue))")
        try connection.execute(
            "UPDATE main.sqlite_sequence SET seq = max(seq, \(last)) WHERE name = '\(name)'")
        guard connection.changes == 0 else { return }
        try connection.execute("INSERT INTO main.sqlite_sequence (name, seq) VALUES ('\(name)', \(last))")
    }

    /// After a rollback.
    func forget() {
        upcoming = nil
    }
}
