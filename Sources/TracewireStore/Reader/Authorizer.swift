internal import CSQLite
internal import TracewireProtocol

/// What a statement from outside may do: read tables and views, and call functions. Everything else is refused when the
/// statement is prepared, before any of it runs.
final class Authorizer {
    private static let refusedFunctions: Set<String> = ["load_extension", "fts3_tokenizer"]
    private static let schemaTables: Set<String> = ["sqlite_master", "sqlite_temp_master"]
    /// Those that describe the tables. Each is a table, too: `pragma_table_info('nodes')`.
    static let describingPragmas = [
        "table_info", "table_xinfo", "table_list", "index_list", "index_info", "index_xinfo",
    ]

    private let connection: Connection
    /// Whether the connection has ``PayloadViews``: then nothing but them reads a column whose values may lie in segments.
    private let hidesReferences: Bool
    /// Why the last statement was refused, in a sentence.
    private(set) var refusal: String?
    /// Whether the last statement reads a column whose values may lie in segments.
    private(set) var readsPayload = false

    /// Stays in force as long as the connection: nothing that is prepared on it afterwards can write.
    init(_ connection: Connection, hidesReferences: Bool) {
        self.connection = connection
        self.hidesReferences = hidesReferences
        sqlite3_set_authorizer(
            connection.handle,
            { context, action, first, second, database, view in
                guard let context else { return SQLITE_DENY }
                let authorizer = Unmanaged<Authorizer>.fromOpaque(context).takeUnretainedValue()
                guard action == SQLITE_READ, let first, let second else {
                    return authorizer.decide(action, first, second)
                }
                return authorizer.decide(
                    Reading(
                        table: String(cString: first), column: String(cString: second),
                        database: database.map { String(cString: $0) }, view: view.map { String(cString: $0) }))
            }, Unmanaged.passUnretained(self).toOpaque())
    }

    deinit {
        sqlite3_set_authorizer(connection.handle, nil, nil)
    }

    func clear() {
        refusal = nil
        readsPayload = false
    }

    /// A column that a statement reads.
    private struct Reading {
        let table: String
        let column: String
        let database: String?
        /// The view or common table expression that it is read in.
        let view: String?
    }

    /// What SQLite tells of a column of a view by its name, `rowid` it tells as `id` of a table, and as `ROWID` of a view,
    /// which has none.
    private func decide(_ reading: Reading) -> Int32 {
        guard let table = PayloadColumn.Table(rawValue: reading.table) else { return SQLITE_OK }
        if PayloadColumn.named(reading.column, in: reading.table) != nil {
            readsPayload = true
            guard hidesReferences, reading.database == "main", reading.view != PayloadViews.name(table) else {
                return SQLITE_OK
            }
            refusal =
                "main.\(table) has references in place of large values: write \(table) without main. in front of it"
            return SQLITE_DENY
        }
        guard hidesReferences, reading.column == "ROWID" else { return SQLITE_OK }
        refusal = "the rowid of \(table) cannot be told beside large values: write id, which is the same"
        return SQLITE_DENY
    }

    private func decide(
        _ action: Int32, _ first: UnsafePointer<CChar>?, _ second: UnsafePointer<CChar>?
    ) -> Int32 {
        switch action {
        case SQLITE_READ, SQLITE_SELECT, SQLITE_RECURSIVE: return SQLITE_OK
        // Nothing in a SELECT: SQLite makes a table of a module's at its first use, by a statement of its own.
        case SQLITE_UPDATE where first.map({ Self.schemaTables.contains(String(cString: $0)) }) == true:
            refusal = Self.notPermitted("that table")
        case SQLITE_PRAGMA where first.map({ Self.describingPragmas.contains(String(cString: $0)) }) == true:
            return SQLITE_OK
        case SQLITE_FUNCTION:
            let function = second.map { String(cString: $0).lowercased() } ?? ""
            guard Self.refusedFunctions.contains(function) else { return SQLITE_OK }
            refusal = Self.notPermitted(function)
        default: refusal = Self.notPermitted(Self.name(action))
        }
        return SQLITE_DENY
    }

    /// Of a join that compares large values by their columns' names, and names a table by its database.
    static let referencesInJoin = QueryFault(
        .notPermitted,
        "tables of main. have references in place of large values, which USING and NATURAL would compare: "
            + "write the tables' names without main. in front of them")

    static func notPermitted(_ what: String) -> String {
        "\(what) is not permitted: only a SELECT that reads may be asked"
    }

    private static func name(_ action: Int32) -> String {
        switch action {
        case SQLITE_INSERT: "INSERT"
        case SQLITE_UPDATE: "UPDATE"
        case SQLITE_DELETE: "DELETE"
        case SQLITE_ATTACH: "ATTACH"
        case SQLITE_DETACH: "DETACH"
        case SQLITE_PRAGMA: "PRAGMA"
        case SQLITE_TRANSACTION, SQLITE_SAVEPOINT: "a transaction"
        case SQLITE_ANALYZE: "ANALYZE"
        case SQLITE_REINDEX: "REINDEX"
        default: "a change of the schema"
        }
    }
}
