internal import CSQLite
internal import TracewireProtocol

/// Has SQLite's own functions answer calls of another connection, on one that has nothing else, and asks before each call
/// whether the query must end.
///
/// A statement goes on from call to call: what SQLite keeps of a JSON text that it has parsed lasts as long as the
/// statement, so that a text is not parsed for each call with it. Confined to one thread.
final class FunctionRelay {
    /// Calls after which a statement begins anew.
    private static let callsOfStatement = 1_000
    /// Bytes that calls work on between two questions whether the query must end. They take less than a millisecond.
    private static let bytesBetweenLooks = 64 << 10
    /// What a call takes beside the bytes of its arguments, as bytes.
    private static let bytesOfCall = 64

    /// What stands in a statement, for the arguments of the call that it answers.
    private struct Relayed: Hashable {
        let function: String
        let arguments: Int
    }

    private var connection: Connection?
    private var statements: [Relayed: QueryStatement] = [:]
    /// Answers calls of any of ``alternatives``.
    private var common: QueryStatement?
    /// The call that is answered, and by which of the alternatives.
    private var current: (call: FunctionCall, choice: Int)?
    private var unwatchedBytes = 0

    /// Expressions with `argument(n)` for the arguments of a call, which share what they have parsed.
    private let alternatives: [String]

    init(alternatives: [String]) {
        self.alternatives = alternatives
    }

    /// Has SQLite's own `function` answer `call`.
    func pass(_ call: FunctionCall, to function: String) {
        answer(call, choice: 0) { () throws(Failure) in
            let relayed = Relayed(function: function, arguments: call.count)
            if let statement = statements[relayed] { return statement }
            let arguments = (0..<call.count).map { "argument(\($0))" }.joined(separator: ", ")
            let statement = try prepare("\(function)(\(arguments))")
            statements[relayed] = statement
            return statement
        }
    }

    /// Has one of ``alternatives`` answer `call`.
    func pass(_ call: FunctionCall, toAlternative choice: Int) {
        answer(call, choice: choice) { () throws(Failure) in
            if let common { return common }
            let cases = alternatives.enumerated().map { "WHEN \($0) THEN \($1)" }.joined(separator: " ")
            let statement = try prepare("CASE choice() \(cases) END")
            common = statement
            return statement
        }
    }

    /// Gives back the memory of what was kept for the query that has ended.
    func forget() {
        statements = [:]
        common = nil
    }

    /// What SQLite says of a call that it could not answer.
    private struct Failure: Error {
        let message: String
        let result: Int32
    }

    private func answer(_ call: FunctionCall, choice: Int, _ statement: () throws(Failure) -> QueryStatement) {
        guard !isOver(before: call) else { return call.interrupt() }
        current = (call, choice)
        defer { current = nil }
        do throws(Failure) {
            let statement = try statement()
            try step(statement)
            call.result(of: statement)
        } catch {
            call.fail(error.message, error.result)
        }
    }

    private func isOver(before call: FunctionCall) -> Bool {
        unwatchedBytes += (0..<call.count).reduce(Self.bytesOfCall) { $0 + call.length($1) }
        guard unwatchedBytes >= Self.bytesBetweenLooks else { return false }
        unwatchedBytes = 0
        return MemoryBudget.isOver
    }

    private func step(_ statement: QueryStatement) throws(Failure) {
        var result = sqlite3_step(statement.handle)
        if result == SQLITE_DONE {
            sqlite3_reset(statement.handle)
            result = sqlite3_step(statement.handle)
        }
        guard result != SQLITE_ROW else { return }
        let failure = Failure(message: statement.connection.message, result: result)
        sqlite3_reset(statement.handle)
        throw failure
    }
}

// The connection that has SQLite's own functions.
extension FunctionRelay {
    private func prepare(_ expression: String) throws(Failure) -> QueryStatement {
        let connection: Connection
        do throws(StoreError) {
            connection = try opened()
        } catch {
            throw Failure(message: error.message, result: SQLITE_ERROR)
        }
        var handle: OpaquePointer?
        let result = sqlite3_prepare_v2(connection.handle, "SELECT \(expression) FROM calls", -1, &handle, nil)
        guard result == SQLITE_OK, let handle else { throw Failure(message: connection.message, result: result) }
        return QueryStatement(handle, connection)
    }

    private func opened() throws(StoreError) -> Connection {
        if let connection { return connection }
        let opened = try Connection(path: ":memory:", flags: SQLITE_OPEN_READWRITE)
        sqlite3_limit(opened.handle, SQLITE_LIMIT_LENGTH, Int32(Limits.recordBytes))
        try opened.execute(
            """
            CREATE TABLE calls (number INTEGER PRIMARY KEY);
            WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT \(Self.callsOfStatement))
            INSERT INTO calls SELECT i FROM n
            """)
        // Not deterministic: SQLite asks them for each call.
        try add("argument", 1, opened) { context, _, arguments in
            guard let context, let number = arguments?[0] else { return }
            FunctionRelay.of(context)?.current?.call.lend(Int(sqlite3_value_int(number)), to: context)
        }
        try add("choice", 0, opened) { context, _, _ in
            guard let context, let current = FunctionRelay.of(context)?.current else { return }
            sqlite3_result_int64(context, sqlite3_int64(current.choice))
        }
        connection = opened
        return opened
    }

    /// The relay outlives its connection.
    private func add(
        _ name: String, _ count: Int32, _ connection: Connection,
        _ function: @convention(c) (OpaquePointer?, Int32, UnsafeMutablePointer<OpaquePointer?>?) -> Void
    ) throws(StoreError) {
        let relay = Unmanaged.passUnretained(self).toOpaque()
        let result = sqlite3_create_function_v2(
            connection.handle, name, count, SQLITE_UTF8, relay, function, nil, nil, nil)
        guard result == SQLITE_OK else { throw connection.failure(result) }
    }

    private static func of(_ context: OpaquePointer) -> FunctionRelay? {
        sqlite3_user_data(context).map { Unmanaged<FunctionRelay>.fromOpaque($0).takeUnretainedValue() }
    }
}
