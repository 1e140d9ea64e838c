internal import CSQLite
internal import TracewireProtocol

/// Functions of SQLite that may take much longer than their arguments are long, after a look at what they would take:
/// nothing can interrupt them. What is not too much is done by SQLite's own, on a connection that has nothing else.
final class CountedFunctions {
    /// Most steps of one call. They take about a second.
    private static let steps = 1 << 31

    private var connection: Connection?
    private var statements: [String: QueryStatement] = [:]

    static func add(to connection: Connection) throws(StoreError) {
        let functions = CountedFunctions()
        try functions.add("json_patch", 2, connection) { CountedFunctions.patch(FunctionCall($0, $1, $2), $0) }
        try functions.add("printf", -1, connection) { CountedFunctions.print(FunctionCall($0, $1, $2), $0) }
        try functions.add("format", -1, connection) { CountedFunctions.print(FunctionCall($0, $1, $2), $0) }
    }

    private typealias Function =
        @convention(c) (OpaquePointer?, Int32, UnsafeMutablePointer<OpaquePointer?>?) -> Void

    private func add(
        _ name: String, _ count: Int32, _ connection: Connection, _ function: Function
    ) throws(StoreError) {
        let flags = SQLITE_UTF8 | SQLITE_DETERMINISTIC | SQLITE_INNOCUOUS
        let result = sqlite3_create_function_v2(
            connection.handle, name, count, flags, Unmanaged.passRetained(self).toOpaque(), function, nil, nil
        ) { context in
            if let context { Unmanaged<CountedFunctions>.fromOpaque(context).release() }
        }
        guard result == SQLITE_OK else { throw connection.failure(result) }
    }

    private static func of(_ context: OpaquePointer?) -> CountedFunctions? {
        sqlite3_user_data(context).map { Unmanaged<CountedFunctions>.fromOpaque($0).takeUnretainedValue() }
    }

    /// Has SQLite's own function `name` give the result.
    private func run(_ name: String, _ call: FunctionCall) {
        guard !MemoryBudget.isOver else { return call.interrupt() }
        let parameters = repeatElement("?", count: call.count).joined(separator: ", ")
        do throws(StoreError) {
            call.result(of: try statement("SELECT \(name)(\(parameters))"))
        } catch {
            call.fail(error.message)
        }
    }

    private func statement(_ sql: String) throws(StoreError) -> QueryStatement {
        if let statement = statements[sql] { return statement }
        let connection = try opened()
        var handle: OpaquePointer?
        let result = sqlite3_prepare_v2(connection.handle, sql, -1, &handle, nil)
        guard result == SQLITE_OK, let handle else { throw connection.failure(result) }
        let statement = QueryStatement(handle, connection)
        statements[sql] = statement
        return statement
    }

    private func opened() throws(StoreError) -> Connection {
        if let connection { return connection }
        let opened = try Connection(path: ":memory:", flags: SQLITE_OPEN_READWRITE)
        sqlite3_limit(opened.handle, SQLITE_LIMIT_LENGTH, Int32(Limits.recordBytes))
        connection = opened
        return opened
    }
}

extension CountedFunctions {
    /// It looks for each key of the second argument through the first, and through what it has added to that.
    private static func patch(_ call: FunctionCall?, _ context: OpaquePointer?) {
        guard let call, let functions = of(context) else { return }
        let patch = call.text(1)
        let keys = patch.count { $0 == UInt8(ascii: ":") }
        let (steps, isTooMany) = keys.multipliedReportingOverflow(by: call.text(0).count + patch.count)
        guard !isTooMany, steps <= Self.steps else {
            return call.fail("the second object of json_patch has too many keys for objects so large")
        }
        functions.run("json_patch", call)
        call.resultIsJSON()
    }

    /// It repeats a character as often as the precision says, also when the result is too long already (3.40).
    private static func print(_ call: FunctionCall?, _ context: OpaquePointer?) {
        guard let call, let functions = of(context) else { return }
        guard call.count == 0 || CharacterRepeats(in: call.text(0)).count <= Limits.recordBytes else {
            return call.fail("the format repeats characters too often")
        }
        functions.run("printf", call)
    }
}

/// How often a format of `printf` repeats characters: the precisions of all its `%c`.
private struct CharacterRepeats {
    private(set) var count = 0

    /// A precision that is an argument, `%.*c`, counts as the largest.
    init(in format: UnsafeRawBufferPointer) {
        var rest = format[...]
        while let place = rest.firstIndex(of: UInt8(ascii: "%")) {
            rest = rest[(place + 1)...]
            rest = rest.drop { "-+ #0!,123456789*".utf8.contains($0) }
            var precision = 0
            if rest.first == UInt8(ascii: ".") {
                rest = rest.dropFirst()
                let digits = rest.prefix { "0123456789*".utf8.contains($0) }
                precision = digits.isEmpty ? 0 : Int(String(decoding: digits, as: UTF8.self)) ?? .max
                rest = rest[digits.endIndex...]
            }
            rest = rest.drop { $0 == UInt8(ascii: "l") }
            guard rest.first == UInt8(ascii: "c") else { continue }
            let (sum, isTooMany) = count.addingReportingOverflow(precision)
            count = isTooMany ? .max : sum
        }
    }
}
