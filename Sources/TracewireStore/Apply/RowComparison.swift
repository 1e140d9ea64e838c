/// Compares what an event says with what its row says, key by key. The comparison is SQLite's, byte by byte.
///
/// What an event says is bound to ``statement`` before each use; `?1` is the row's key.
final class RowComparison {
    let statement: Statement
    private let keys: [String]

    /// - Parameters:
    ///   - column: the column of the row's key.
    ///   - conditions: by key of the event, the SQL that holds where both say the same.
    init(
        _ connection: Connection, _ table: String, by column: String = "id", _ conditions: KeyValuePairs<String, String>
    ) throws(StoreError) {
        keys = conditions.map(\.key)
        let columns = conditions.map { "(\($0.value))" }.joined(separator: ", ")
        statement = try Statement(connection, "SELECT \(columns) FROM \(table) WHERE \(column) = ?1")
    }

    /// The keys in which they differ: none if the event is a repetition, all if there is no row.
    func differences() throws(StoreError) -> [String] {
        defer { statement.reset() }
        guard try statement.step() else { return keys }
        return keys.indices.compactMap { statement.integer(Int32($0)) == 0 ? keys[$0] : nil }
    }
}
