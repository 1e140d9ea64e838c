internal import CSQLite
internal import TracewireProtocol

/// Prepares statements that come from outside: one, that reads, within limits.
struct SQLSandbox {
    let connection: Connection
    private let authorizer: Authorizer

    /// Confines the connection for good.
    ///
    /// - Parameter hidesReferences: whether it has ``PayloadViews``, which large values are then read through only.
    init(_ connection: Connection, hidesReferences: Bool) {
        self.connection = connection
        connection.configure(SQLITE_DBCONFIG_DEFENSIVE, 1)
        connection.configure(SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0)
        connection.configure(SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 0)
        connection.configure(SQLITE_DBCONFIG_ENABLE_TRIGGER, 0)
        for (limit, value) in Self.limits { sqlite3_limit(connection.handle, limit, value) }
        // SQLite makes the tables of these functions at their first use, by a statement of its own that the authorizer
        // would refuse. A library that is built without them has nothing to prepare.
        _ = try? connection.integer("SELECT count(*) FROM json_each('[]'), json_tree('[]')")
        for pragma in Authorizer.describingPragmas {
            _ = try? connection.integer("SELECT count(*) FROM pragma_\(pragma)")
        }
        authorizer = Authorizer(connection, hidesReferences: hidesReferences)
    }

    /// Whether the statement that was prepared last reads a column whose values may lie in segments.
    var readsPayload: Bool { authorizer.readsPayload }

    /// SQLite's own limits, lowered: what a single instruction may cost cannot be interrupted. See ``limitValues(of:text:)``.
    private static let limits: [(Int32, Int32)] = [
        (SQLITE_LIMIT_LENGTH, Int32(Limits.recordBytes)),
        (SQLITE_LIMIT_SQL_LENGTH, Int32(Limits.queryTextBytes)),
        (SQLITE_LIMIT_COLUMN, 500),
        (SQLITE_LIMIT_EXPR_DEPTH, 200),
        (SQLITE_LIMIT_COMPOUND_SELECT, 100),
        (SQLITE_LIMIT_VDBE_OP, 250_000),
        (SQLITE_LIMIT_ATTACHED, 0),
        (SQLITE_LIMIT_LIKE_PATTERN_LENGTH, 4_096),
        (SQLITE_LIMIT_VARIABLE_NUMBER, Int32(Limits.queryParameters)),
        (SQLITE_LIMIT_WORKER_THREADS, 0),
    ]

    /// Bytes of a statement, as SQLite keeps it, that may use values of every size.
    private static let shortProgram = 16 << 10

    /// SQLite looks only where a program jumps back whether it must end: what is done for one row is done in one go. So the
    /// longer a statement is, the smaller are the values that it may use.
    ///
    /// - Parameter text: what it was made of, of which SQLite keeps some copies that say nothing of the instructions.
    private func limitValues(of statement: QueryStatement?, text: String = "") {
        let kept = statement.map { Int(sqlite3_stmt_status($0.handle, SQLITE_STMTSTATUS_MEMUSED, 0)) } ?? 0
        let program = kept - 4 * text.utf8.count
        let bytes = Limits.recordBytes * Self.shortProgram / max(program, Self.shortProgram)
        sqlite3_limit(connection.handle, SQLITE_LIMIT_LENGTH, Int32(bytes))
    }

    func prepare(_ text: String, _ parameters: [Value]) throws(QueryFault) -> QueryStatement {
        guard !text.utf8.contains(0) else {
            throw QueryFault(.invalidArgument, "the statement contains a NUL character")
        }
        guard text.utf8.count <= Limits.queryTextBytes else {
            throw QueryFault(.invalidArgument, "the statement has more than \(Limits.queryTextBytes) bytes")
        }
        limitValues(of: nil)
        let statement = try onlyStatement(text)
        limitValues(of: statement, text: text)
        guard sqlite3_stmt_readonly(statement.handle) != 0 else { throw Self.notPermitted }
        let expected = Int(sqlite3_bind_parameter_count(statement.handle))
        guard expected == parameters.count else {
            throw QueryFault(
                .invalidArgument,
                "the statement has \(expected) parameter\(expected == 1 ? "" : "s"), and \(parameters.count) were given"
            )
        }
        for (index, value) in parameters.enumerated() { try statement.bind(Int32(index + 1), value) }
        return statement
    }

    private func onlyStatement(_ text: String) throws(QueryFault) -> QueryStatement {
        var statement: QueryStatement?
        var bytes = Array(text.utf8CString)[...]
        while bytes.count > 1 {
            guard let next = try prepare(&bytes) else { continue }
            guard statement == nil else {
                throw QueryFault(.notPermitted, "only one statement may be asked at a time")
            }
            statement = next
        }
        guard let statement else { throw QueryFault(.sqlError, "the statement is empty") }
        return statement
    }

    /// Takes the first statement off `text`, which ends with NUL; `nil` if only white space and comments were left.
    private func prepare(_ text: inout ArraySlice<CChar>) throws(QueryFault) -> QueryStatement? {
        authorizer.clear()
        var handle: OpaquePointer?
        var length = 0
        let result = text.withUnsafeBufferPointer { buffer in
            var rest: UnsafePointer<CChar>?
            let result = sqlite3_prepare_v2(connection.handle, buffer.baseAddress, Int32(buffer.count), &handle, &rest)
            if let start = buffer.baseAddress, let rest { length = rest - start }
            return result
        }
        if let refusal = authorizer.refusal { throw QueryFault(.notPermitted, refusal) }
        guard result == SQLITE_OK else { throw QueryFault(.sqlError, connection.message) }
        text = length > 0 ? text.dropFirst(length) : []
        return handle.map { QueryStatement($0, connection) }
    }

    /// Prepares the text of a report, whose parameters have names.
    func prepare(report sql: String, _ values: [String: Value]) throws(QueryFault) -> QueryStatement {
        authorizer.clear()
        limitValues(of: nil)
        var handle: OpaquePointer?
        let result = sqlite3_prepare_v2(connection.handle, sql, -1, &handle, nil)
        guard result == SQLITE_OK, let handle else { throw QueryFault(.sqlError, connection.message) }
        let statement = QueryStatement(handle, connection)
        for (name, value) in values {
            let index = sqlite3_bind_parameter_index(handle, ":\(name)")
            if index > 0 { try statement.bind(index, value) }
        }
        return statement
    }

    private static let notPermitted = QueryFault(
        .notPermitted, Authorizer.notPermitted("a statement that writes"))
}
