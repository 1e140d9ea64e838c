internal import CSQLite
public import TracewireProtocol

/// One connection that reads: snapshots of what is committed, beside the writer. Confined to one thread.
///
/// It never writes, makes or checkpoints a database.
public final class StoreReader {
    /// `ROWS` bodies are handed out when they have grown to this, in bytes; one row may make a body larger.
    static let bodyBytes = 64 << 10

    /// Sees the tables as they are.
    private let tables: SQLSandbox
    /// Sees values where the tables have references.
    private let values: SQLSandbox
    private let segments: SegmentReader
    /// Answers calls of functions that both of them have.
    private let relay = CountedFunctions.makeRelay()
    private let path: String
    private let schemaVersion: Int64

    /// - Throws: `cannot_open`, `not_a_database`, `newer_schema`, `older_schema`, or what the disk says.
    public init(path: String) throws(StoreError) {
        self.path = path
        let plain = try Self.openForQueries(path)
        schemaVersion = try plain.integer("PRAGMA user_version")
        guard schemaVersion == Migrations.newestVersion else {
            throw StoreError(
                .olderSchema, "\(path) has schema version \(schemaVersion): open it with `tracewire serve`.")
        }
        tables = try Self.confine(plain, relay, hidesReferences: false)
        let viewing = try Self.openForQueries(path)
        segments = try SegmentReader(viewing)
        try ValueFunction.add(to: viewing, segments)
        try PayloadViews.add(to: viewing)
        values = try Self.confine(viewing, relay, hidesReferences: true)
    }

    /// Bytes of memory that SQLite keeps for the query that this thread runs; 0 where it runs none.
    public static var bytesInUse: Int { MemoryBudget.bytesInUse }

    static func open(_ path: String) throws(StoreError) -> Connection {
        let connection = try Connection(path: path, flags: SQLITE_OPEN_READONLY)
        sqlite3_wal_autocheckpoint(connection.handle, 0)
        connection.configure(SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1)
        sqlite3_busy_timeout(connection.handle, StoreWriter.busyMs)
        try Migrations.check(connection, path: path)
        return connection
    }

    /// What is sorted stays in memory, which is bounded: files for it would fill the disk that the writer needs. It is
    /// said first, because it drops what is temporary.
    private static func openForQueries(_ path: String) throws(StoreError) -> Connection {
        let connection = try open(path)
        try connection.execute("PRAGMA temp_store = MEMORY")
        return connection
    }

    private static func confine(
        _ connection: Connection, _ relay: FunctionRelay, hidesReferences: Bool
    ) throws(StoreError) -> SQLSandbox {
        try connection.execute("PRAGMA query_only = ON; PRAGMA cache_size = -2048")
        try SQLFunctions.add(to: connection)
        try SQLFunctions.addErrorGroup(to: connection)
        try FeedFunction.add(to: connection)
        try BoundedFunctions.add(to: connection)
        try CountedFunctions.add(to: connection, relay)
        try RollupFunctions.add(to: connection)
        return SQLSandbox(connection, hidesReferences: hidesReferences)
    }

    /// Whether a query may take as long as a look at all of the database takes: its deadline should be generous.
    public static func isThorough(_ request: Query.Request) -> Bool {
        guard case .report(let name, _) = request else { return false }
        return Procedures.named(name) != nil || name == "repair"
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
            let watch = Watch(
                [tables.connection, values.connection], control, start: start, timeoutMs: limits.timeoutMs)
            budget.watch = watch
            defer { budget.watch = nil }
            let fault = answer(query, &output, watch, columns: columns, rows: rows)
            segments.forget()
            relay.forget()
            guard let fault, fault.code == .sqlError || fault.code == .storageUnavailable, budget.isExceeded else {
                return fault
            }
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
            if case .report(let name, let arguments) = query.request, let procedure = Procedures.named(name) {
                try output.run(procedure, arguments, path: path, watch, columns: columns, rows: rows)
                return nil
            }
            segments.passesOverDamage = false
            let question = try prepare(query.request)
            try output.run(question, watch, columns: columns, rows: rows)
            return nil
        } catch {
            // Preparing can be interrupted too, and then says only that it was.
            return error.code == .sqlError ? watch.fault ?? error : error
        }
    }

    private func prepare(_ request: Query.Request) throws(QueryFault) -> Question {
        switch request {
        case .sql(let text, let parameters):
            let joins = NamedJoins(text)
            guard !joins.mayReadPayload || !joins.namesDatabase else { throw Authorizer.referencesInJoin }
            return try question(readsPayload: joins.mayReadPayload) { (sandbox) throws(QueryFault) in
                try sandbox.prepare(text, parameters)
            }
        case .report(let name, let arguments):
            guard let report = Reports.named(name) else {
                throw QueryFault(.unknownReport, "there is no report of that name")
            }
            var bound = try report.values(arguments)
            if name == Reports.counts.name { bound.merge(fileFacts) { given, _ in given } }
            segments.passesOverDamage = bound[Report.Argument.skipDamaged.name] == .integer(1)
            let sql = report.sql(Set(bound.keys))
            var question = try question { (sandbox) throws(QueryFault) in try sandbox.prepare(report: sql, bound) }
            question.emptyFault = report.emptyFault
            question.isUnique = report.isUnique
            question.rollup = report.rollup
            return question
        }
    }

    /// The statement on the tables, which says what the columns are; run on the views if it reads values.
    ///
    /// - Parameter readsPayload: whether it does, although SQLite does not say so.
    private func question(
        readsPayload: Bool = false, _ prepare: (SQLSandbox) throws(QueryFault) -> QueryStatement
    ) throws(QueryFault) -> Question {
        let plain = try prepare(tables)
        let columns = try plain.columns
        guard readsPayload || tables.readsPayload else { return Question(statement: plain, columns: columns) }
        return Question(statement: try prepare(values), columns: columns)
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
