internal import CSQLite

/// Temporary views with the names of the tables, which deliver values where the tables have references.
///
/// A view costs the planner some of its freedom (SQLite 3.40 computes every column of a view that is joined from the
/// left and aggregated), so they stand on a connection of their own, which only statements that read a payload column use.
///
/// Each is a view of another, whose name nobody else uses: SQLite tells the authorizer in which view a column is read by a
/// name that a common table expression may have too.
enum PayloadViews {
    /// The view that reads the table.
    static func name(_ table: PayloadColumn.Table) -> String { "tracewire_\(table.rawValue)" }

    static func add(to connection: Connection) throws(StoreError) {
        for table in PayloadColumn.Table.allCases { try connection.execute(try text(table, connection)) }
    }

    private static func text(_ table: PayloadColumn.Table, _ connection: Connection) throws(StoreError) -> String {
        let columns = try names(table, connection).map { name in
            let isPayload = PayloadColumn.named(name, in: table.rawValue) != nil
            // With the column's affinity, which a function's result has not: `user_input = 12` compares texts.
            return isPayload ? "CAST(\(ValueFunction.name)(\(name)) AS TEXT) AS \(name)" : name
        }
        return """
            CREATE TEMP VIEW \(name(table)) AS SELECT \(columns.joined(separator: ", ")) FROM main.\(table.rawValue);
            CREATE TEMP VIEW \(table.rawValue) AS SELECT * FROM \(name(table));
            """
    }

    private static func names(_ table: PayloadColumn.Table, _ connection: Connection) throws(StoreError) -> [String] {
        let statement = try Statement(connection, "SELECT name FROM pragma_table_info('\(table.rawValue)', 'main')")
        var names: [String] = []
        while try statement.step() { names.append(statement.text(0)) }
        return names
    }
}
