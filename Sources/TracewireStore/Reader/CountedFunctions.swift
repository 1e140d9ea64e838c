internal import CSQLite
internal import TracewireProtocol

/// Functions of SQLite that may take much longer than their arguments are long, after a look at what they would take:
/// nothing can interrupt them. What is not too much is done by SQLite's own.
final class CountedFunctions {
    /// Most steps of one call. They take about a second.
    private static let steps = 1 << 31

    let relay: FunctionRelay

    private init(_ relay: FunctionRelay) {
        self.relay = relay
    }

    static func add(to connection: Connection, _ relay: FunctionRelay) throws(StoreError) {
        let functions = CountedFunctions(relay)
        try functions.add("json_patch", 2, connection) { $0.patch($1) }
        try functions.add("printf", -1, connection) { $0.print($1) }
        try functions.add("format", -1, connection) { $0.print($1) }
        try functions.addJSON(to: connection)
    }

    /// A function as SQLite keeps it.
    private final class Registered {
        let functions: CountedFunctions
        let answer: (CountedFunctions, FunctionCall) -> Void

        init(_ functions: CountedFunctions, _ answer: @escaping (CountedFunctions, FunctionCall) -> Void) {
            (self.functions, self.answer) = (functions, answer)
        }
    }

    func add(
        _ name: String, _ count: Int32, _ connection: Connection,
        _ answer: @escaping (CountedFunctions, FunctionCall) -> Void
    ) throws(StoreError) {
        let flags = SQLITE_UTF8 | SQLITE_DETERMINISTIC | SQLITE_INNOCUOUS | SQLITE_SUBTYPE
        let data = Unmanaged.passRetained(Registered(self, answer)).toOpaque()
        let function: @convention(c) (OpaquePointer?, Int32, UnsafeMutablePointer<OpaquePointer?>?) -> Void = {
            guard let call = FunctionCall($0, $1, $2), let data = sqlite3_user_data($0) else { return }
            let registered = Unmanaged<Registered>.fromOpaque(data).takeUnretainedValue()
            registered.answer(registered.functions, call)
        }
        let result = sqlite3_create_function_v2(
            connection.handle, name, count, flags, data, function, nil, nil
        ) { data in
            if let data { Unmanaged<Registered>.fromOpaque(data).release() }
        }
        guard result == SQLITE_OK else { throw connection.failure(result) }
    }
}

extension CountedFunctions {
    /// It looks for each key of the second argument through the first, and through what it has added to that.
    private func patch(_ call: FunctionCall) {
        let patch = call.text(1)
        let keys = patch.count { $0 == UInt8(ascii: ":") }
        let (steps, isTooMany) = keys.multipliedReportingOverflow(by: call.text(0).count + patch.count)
        guard !isTooMany, steps <= Self.steps else {
            return call.fail("the second object of json_patch has too many keys for objects so large")
        }
        relay.pass(call, to: "json_patch")
    }

    /// It repeats a character as often as the precision says, also when the result is too long already (3.40).
    private func print(_ call: FunctionCall) {
        guard call.count == 0 || CharacterRepeats(in: call.text(0)).count <= Limits.recordBytes else {
            return call.fail("the format repeats characters too often")
        }
        relay.pass(call, to: "printf")
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
