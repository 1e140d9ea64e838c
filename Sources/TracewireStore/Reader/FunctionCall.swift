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

    /// Bytes of an argument that is a text or a blob.
    func length(_ index: Int) -> Int {
        let value = arguments[index]
        let type = sqlite3_value_type(value)
        return type == SQLITE_TEXT || type == SQLITE_BLOB ? Int(sqlite3_value_bytes(value)) : 0
    }

    /// Makes an argument the result of a call by another statement, which is done with it before this call has its result: a
    /// text is not copied.
    func lend(_ index: Int, to other: OpaquePointer) {
        guard index < count, let value = arguments[index] else { return }
        let subtype = sqlite3_value_subtype(value)
        if let text = terminatedText(index) {
            // SQLite copies a text that it has not seen to end with NUL.
            sqlite3_result_text(other, text, -1, nil)
        } else {
            sqlite3_result_value(other, value)
        }
        if subtype != 0 { sqlite3_result_subtype(other, subtype) }
    }

    /// An argument that is a text; `nil` if it is none, or has a NUL in it.
    private func terminatedText(_ index: Int) -> UnsafePointer<CChar>? {
        guard sqlite3_value_type(arguments[index]) == SQLITE_TEXT else { return nil }
        let text = text(index)
        guard let start = text.baseAddress, memchr(start, 0, text.count) == nil else { return nil }
        return start.assumingMemoryBound(to: CChar.self)
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

    /// The result is the value that `statement` has come to, which is JSON where that is (json1.c, `JSON_SUBTYPE`).
    func result(of statement: QueryStatement) {
        let value = sqlite3_column_value(statement.handle, 0)
        let type = sqlite3_value_type(value)
        if type == SQLITE_TEXT || type == SQLITE_BLOB, Int(sqlite3_value_bytes(value)) > limit(SQLITE_LIMIT_LENGTH) {
            return sqlite3_result_error_toobig(context)
        }
        sqlite3_result_value(context, value)
        let subtype = sqlite3_value_subtype(value)
        if subtype != 0 { sqlite3_result_subtype(context, subtype) }
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
