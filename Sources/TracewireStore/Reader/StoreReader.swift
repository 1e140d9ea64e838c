internal import CSQLite
public import TracewireProtocol

/// One connection that reads: snapshots of what is committed, beside the writer. Confined to one thread.
///
/// It never writes, makes or checkpoints a database.
public final class StoreReader {
    /// `ROWS` bodies are handed out when they have grown to this, in bytes; one row may make a body larger.
    static let bodyBytes = 64 << 10

    private let connection: Connection
    private let sandbox: SQLSandbox
    private let path: String
    private let schemaVersion: Int64

    /// - Throws: `cannot_open`, `not_a_database`, `newer_schema`, `older_schema`, or what the disk says.
    public init(path: String) throws(StoreError) {
        self.path = path
        connection = try Connection(path: path, flags: SQLITE_OPEN_READONLY)
        sqlite3_wal_autocheckpoint(connection.handle, 0)
        connection.configure(SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1)
        sqlite3_busy_timeout(connection.handle, StoreWriter.busyMs)
        try Migrations.check(connection, path: path)
        schemaVersion = try connection.integer("PRAGMA user_version")
        guard schemaVersion == Migrations.newestVersion else {
            throw StoreError(
                .olderSchema, "\(path) has schema version \(schemaVersion): open it with `tracewire serve`.")
        }
        try connection.execute("PRAGMA query_only = ON; PRAGMA cache_size = -2048")
        try SQLFunctions.add(to: connection)
        try BoundedFunctions.add(to: connection)
        try RollupFunctions.add(to: connection)
        sandbox = SQLSandbox(connection)
    }

    /// Answers a query: `columns` is called once, then `rows` with bodies of `ROWS`, as they come.
    ///
    /// Both may wait, for as long as the connection to the client takes, and may throw if nobody listens any more: the
    /// query then ends as `cancelled`. Rows up to a limit are delivered before the summary says that it was reached.
    /// - Returns: the code says how it ended: `ok`, `deadline_exceeded`, `row_limit`, `byte_limit`, `cancelled`,
    ///   `sql_error` with SQLite's words, `unknown_report`, `invalid_argument`, `not_found`, `not_permitted`,
    ///   `storage_unavailable`.
    public func run(
        _ query: Query, limits: QueryLimits, control: QueryControl, columns: (Columns) throws -> Void,
        rows: ([UInt8]) throws -> Void
    ) -> Summary {
        let start = ContinuousClock.now
        let limits = limits.lowered(by: query)
        var output = RowOutput(limits: limits)
        let fault = MemoryBudget.with(limits.memoryBytes) { budget in
            let watch = Watch(connection, control, deadline: start + .milliseconds(Int(limits.timeoutMs)))
            let fault = answer(query, &output, watch, columns: columns, rows: rows)
            guard fault?.code == .sqlError && budget.isExceeded else { return fault }
            return QueryFault(.byteLimit, "it needs more than \(limits.memoryBytes) bytes of memory")
        }
        let elapsed = ContinuousClock.now - start
        return Summary(
            code: fault?.code ?? .ok, message: fault?.message ?? "", rows: output.rowCount, bytes: output.byteCount,
            elapsedUs: elapsed.wholeMicroseconds)
    }

    private func answer(
        _ query: Query, _ output: inout RowOutput, _ watch: Watch, columns: (Columns) throws -> Void,
        rows: ([UInt8]) throws -> Void
    ) -> QueryFault? {
        do throws(QueryFault) {
            if let early = watch.fault { throw early }
            let question = try prepare(query.request)
            try output.run(question, connection, watch, columns: columns, rows: rows)
            return nil
        } catch {
            // Preparing can be interrupted too, and then says only that it was.
            return error.code == .sqlError ? watch.fault ?? error : error
        }
    }

    private func prepare(_ request: Query.Request) throws(QueryFault) -> Question {
        switch request {
        case .sql(let text, let parameters):
            return Question(statement: try sandbox.prepare(text, parameters))
        case .report(let name, let arguments):
            guard let report = Reports.named(name) else {
                throw QueryFault(.unknownReport, "there is no report of that name")
            }
            var values = try report.values(arguments)
            if name == Reports.counts.name { values.merge(fileFacts) { given, _ in given } }
            return Question(
                statement: try prepare(report.sql(Set(values.keys)), values), emptyFault: report.emptyFault,
                isUnique: report.isUnique)
        }
    }

    /// A report's own text, its parameters by name.
    private func prepare(_ sql: String, _ values: [String: Value]) throws(QueryFault) -> QueryStatement {
        var handle: OpaquePointer?
        let result = sqlite3_prepare_v2(connection.handle, sql, -1, &handle, nil)
        guard result == SQLITE_OK, let handle else { throw QueryFault(.sqlError, connection.message) }
        let statement = QueryStatement(handle)
        for (name, value) in values {
            let index = sqlite3_bind_parameter_index(handle, ":\(name)")
            if index > 0 { try statement.bind(index, value) }
        }
        return statement
    }

    private var fileFacts: [String: Value] {
        [
            "database_bytes": .integer(FileSize.bytes(path)),
            "wal_bytes": .integer(FileSize.bytes(path + "-wal")),
            "schema_version": .integer(schemaVersion),
        ]
    }
}

extension Duration {
    fileprivate var wholeMicroseconds: UInt64 {
        let (seconds, attoseconds) = components
        return UInt64(clamping: seconds) &* 1_000_000 &+ UInt64(clamping: attoseconds / 1_000_000_000_000)
    }
}

/// A statement, and what its number of rows means.
struct Question {
    let statement: QueryStatement
    /// What it means that there is no row; `nil` if that is an answer like any other.
    var emptyFault: QueryFault?
    /// Whether a second row means that the question was ambiguous.
    var isUnique = false
}
