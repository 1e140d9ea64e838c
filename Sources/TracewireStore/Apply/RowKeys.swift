/// Gives out the keys of a table's new rows, in ascending order.
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
        let key = try connection.integer("SELECT coalesce(max(id), 0) + 1 FROM main.\(table.rawValue)")
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
        upcoming = key + 1
    }

    /// After a rollback.
    func forget() {
        upcoming = nil
    }
}
