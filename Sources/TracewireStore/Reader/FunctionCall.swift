internal import CSQLite
internal import Glibc

/// One call of an SQL function by SQLite: its arguments, and where its result goes.
struct FunctionCall {
    private let context: OpaquePointer
    let count: Int
    private let arguments: UnsafeMutablePointer<OpaquePointer?>

    init?(_ context: OpaquePointer?, _ count: Int32, _ arguments: UnsafeMutablePointer<OpaquePointer?>?) {
        guard let context, let arguments else { return nil }
        self.context = context
        self.count = Int(count)
        self.arguments = arguments
    }

    /// Whether an argument is NULL; what has no result has NULL.
    var hasNull: Bool { (0..<count).contains(where: isNull) }

    func isNull(_ index: Int) -> Bool { sqlite3_value_type(arguments[index]) == SQLITE_NULL }

    func isBlob(_ index: Int) -> Bool { sqlite3_value_type(arguments[index]) == SQLITE_BLOB }

    /// What a comparison of SQLite's sees of the argument: the text before its first NUL.
    func string(_ index: Int) -> UnsafeRawBufferPointer {
        let text = text(index)
        guard let start = text.baseAddress, let end = memchr(start, 0, text.count) else { return text }
        return UnsafeRawBufferPointer(rebasing: text[..<(UnsafeRawPointer(end) - start)])
    }

    func text(_ index: Int) -> UnsafeRawBufferPointer {
        let start = sqlite3_value_text(arguments[index])
        return UnsafeRawBufferPointer(
            start: start, count: start == nil ? 0 : Int(sqlite3_value_bytes(arguments[index])))
    }

    func blob(_ index: Int) -> UnsafeRawBufferPointer {
        let start = sqlite3_value_blob(arguments[index])
        return UnsafeRawBufferPointer(
            start: start, count: start == nil ? 0 : Int(sqlite3_value_bytes(arguments[index])))
    }

    var longestPattern: Int { limit(SQLITE_LIMIT_LIKE_PATTERN_LENGTH) }

    private func limit(_ which: Int32) -> Int {
        Int(sqlite3_limit(sqlite3_context_db_handle(context), which, -1))
    }
}

// The result.
extension FunctionCall {
    func result(_ value: Int) {
        sqlite3_result_int64(context, sqlite3_int64(value))
    }

    /// Ends the call, and with it the statement, because the query must end.
    func interrupt() {
        fail("interrupted", SQLITE_INTERRUPT)
    }

    /// What `statement`, which answers with one value, makes of the same arguments.
    func result(of statement: QueryStatement) {
        defer {
            sqlite3_reset(statement.handle)
            sqlite3_clear_bindings(statement.handle)
        }
        for index in 0..<count {
            let result = sqlite3_bind_value(statement.handle, Int32(index + 1), arguments[index])
            guard result == SQLITE_OK else { return fail(statement.connection.message, result) }
        }
        let result = sqlite3_step(statement.handle)
        guard result == SQLITE_ROW else { return fail(statement.connection.message, result) }
        sqlite3_result_value(context, sqlite3_column_value(statement.handle, 0))
    }

    /// The result is JSON, and no text to be quoted, for the functions of JSON that take it (json1.c, `JSON_SUBTYPE`).
    func resultIsJSON() {
        sqlite3_result_subtype(context, UInt32(UInt8(ascii: "J")))
    }

    func resultIsArgument(_ index: Int) {
        sqlite3_result_value(context, arguments[index])
    }

    /// A text of `bytes` bytes, which `fill` appends.
    func result(bytes: Int, _ fill: (inout TextOutput) -> Void) {
        guard bytes <= limit(SQLITE_LIMIT_LENGTH) else { return sqlite3_result_error_toobig(context) }
        guard let address = sqlite3_malloc64(UInt64(bytes) + 1) else { return sqlite3_result_error_nomem(context) }
        var output = TextOutput(rest: UnsafeMutableRawBufferPointer(start: address, count: bytes))
        fill(&output)
        let start = address.assumingMemoryBound(to: CChar.self)
        sqlite3_result_text64(context, start, UInt64(bytes), { sqlite3_free($0) }, UInt8(SQLITE_UTF8))
    }

    /// A text of these bytes.
    func result(copying bytes: UnsafeRawBufferPointer) {
        result(bytes: bytes.count) { $0.append(bytes[...]) }
    }

    func fail(_ message: String, _ code: Int32 = SQLITE_ERROR) {
        sqlite3_result_error(context, message, -1)
        sqlite3_result_error_code(context, code)
    }
}

/// Memory that is filled from its start.
struct TextOutput {
    fileprivate var rest: UnsafeMutableRawBufferPointer

    mutating func append(_ bytes: Slice<UnsafeRawBufferPointer>) {
        rest.copyBytes(from: bytes)
        rest = UnsafeMutableRawBufferPointer(rebasing: rest[bytes.count...])
    }
}

extension Slice<UnsafeRawBufferPointer> {
    /// Where `wanted`, which is not empty, is found first. glibc's `memmem` takes linear time.
    func firstOffset(of wanted: UnsafeRawBufferPointer) -> Int? {
        let bytes = UnsafeRawBufferPointer(rebasing: self)
        guard let start = bytes.baseAddress, let address = wanted.baseAddress,
            let found = memmem(start, bytes.count, address, wanted.count)
        else { return nil }
        return startIndex + (UnsafeRawPointer(found) - start)
    }
}

extension UnsafeRawBufferPointer {
    func occurrences(of wanted: UnsafeRawBufferPointer) -> Int {
        var count = 0
        var rest = self[...]
        while let offset = rest.firstOffset(of: wanted) {
            count += 1
            rest = rest[(offset + wanted.count)...]
        }
        return count
    }

    /// The bytes of one character of a UTF-8 text after the other.
    var characters: some Sequence<Slice<UnsafeRawBufferPointer>> {
        sequence(state: startIndex) { position -> Slice<UnsafeRawBufferPointer>? in
            guard position < endIndex else { return nil }
            let next = self[(position + 1)...].firstIndex { !$0.continuesCharacter } ?? endIndex
            defer { position = next }
            return self[position..<next]
        }
    }
}

extension UInt8 {
    /// Whether it is not the first byte of a character in UTF-8.
    var continuesCharacter: Bool { self & 0b1100_0000 == 0b1000_0000 }
}
