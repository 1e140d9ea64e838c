internal import CSQLite

/// What messages of failures have in common: their first line without what changes from one to the next.
///
/// - A run of digits becomes `#`, and so does a UUID or a word of eight or more hexadecimal digits; several of them with
///   nothing but `-`, `.`, `:` or `T` between them are one: identifiers, addresses, times and lengths of time.
/// - Digits behind a letter stay, as in `utf8`, and so does a number from 400 to 599 that stands alone: a status of HTTP.
/// - White space becomes one space. What is longer than ``limit`` is cut.
struct ErrorGroup {
    /// Bytes of the message that are looked at.
    static let limit = 300

    private(set) var bytes: [UInt8] = []
    private var message: ArraySlice<UInt8>

    init(_ text: some Sequence<UInt8>) {
        let line = text.drop { Self.isSpace($0) }.prefix { $0 != UInt8(ascii: "\n") }
        message = ArraySlice(Array(line.prefix(Self.limit)))
        // The last character may have been cut.
        while let last = message.last, last >= 0x80, !Self.endsWhole(message) { message.removeLast() }
        while let first = message.first { append(first) }
        while bytes.last == UInt8(ascii: " ") { bytes.removeLast() }
    }

    private mutating func append(_ first: UInt8) {
        if Self.isSpace(first) {
            message = message.drop { Self.isSpace($0) }
            bytes.append(UInt8(ascii: " "))
        } else if Self.isWord(first) {
            if Self.isUUID(message.prefix(36)) {
                message = message.dropFirst(36)
                return appendMark()
            }
            let word = message.prefix { Self.isWord($0) }
            message = message[word.endIndex...]
            append(word: word)
        } else {
            message.removeFirst()
            bytes.append(first)
        }
    }

    private mutating func append(word: ArraySlice<UInt8>) {
        let isHexadecimal = word.count >= 8 && word.contains(where: Self.isDigit) && word.allSatisfy(Self.isHexadecimal)
        if isHexadecimal { return appendMark() }
        if Self.isStatus(word) { return bytes.append(contentsOf: word) }
        var rest = word
        var isBehindLetter = false
        while let first = rest.first {
            if Self.isDigit(first), !isBehindLetter {
                rest = rest.drop(while: Self.isDigit)
                appendMark()
                // Between a date and a time of day.
                if rest.first == UInt8(ascii: "T"), rest.dropFirst().first.map(Self.isDigit) == true {
                    rest.removeFirst()
                }
            } else {
                rest.removeFirst()
                bytes.append(first)
                isBehindLetter = true
            }
        }
    }

    /// One mark stands for it and for the one before, if only what joins numbers is between them.
    private mutating func appendMark() {
        let mark = UInt8(ascii: "#")
        let end = bytes.lastIndex { !Self.joins.contains($0) }
        if let end, bytes[end] == mark { bytes.removeSubrange((end + 1)...) } else { bytes.append(mark) }
    }

    private static let joins = Set("-.:T".utf8)

    private static func isUUID(_ bytes: ArraySlice<UInt8>) -> Bool {
        let parts = bytes.split(separator: UInt8(ascii: "-"), omittingEmptySubsequences: false)
        return parts.map(\.count) == [8, 4, 4, 4, 12] && parts.allSatisfy { $0.allSatisfy(isHexadecimal) }
    }

    private static func isStatus(_ word: ArraySlice<UInt8>) -> Bool {
        guard word.count == 3, let first = word.first else { return false }
        return (first == UInt8(ascii: "4") || first == UInt8(ascii: "5")) && word.allSatisfy(isDigit)
    }

    private static func endsWhole(_ bytes: ArraySlice<UInt8>) -> Bool {
        guard let start = bytes.lastIndex(where: { $0 & 0xc0 != 0x80 }) else { return false }
        let length = bytes[start] >= 0xf0 ? 4 : bytes[start] >= 0xe0 ? 3 : 2
        return bytes.endIndex - start == length
    }

    private static func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || 0x09...0x0d ~= byte }
    private static func isDigit(_ byte: UInt8) -> Bool { UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte }
    private static func isWord(_ byte: UInt8) -> Bool {
        isDigit(byte) || UInt8(ascii: "a")...UInt8(ascii: "z") ~= byte | 0x20
    }
    private static func isHexadecimal(_ byte: UInt8) -> Bool {
        isDigit(byte) || UInt8(ascii: "a")...UInt8(ascii: "f") ~= byte | 0x20
    }
}

extension SQLFunctions {
    /// Adds `error_group(text)`: NULL for anything that is no text.
    static func addErrorGroup(to connection: Connection) throws(StoreError) {
        let result = sqlite3_create_function_v2(
            connection.handle, "error_group", 1, SQLITE_UTF8 | SQLITE_DETERMINISTIC | SQLITE_INNOCUOUS, nil,
            { context, _, arguments in
                guard let context, let argument = arguments?[0], sqlite3_value_type(argument) == SQLITE_TEXT,
                    let text = sqlite3_value_text(argument)
                else { return }
                let bytes = UnsafeBufferPointer(start: text, count: Int(sqlite3_value_bytes(argument)))
                let group = ErrorGroup(bytes).bytes
                group.withUnsafeBufferPointer {
                    tracewire_sqlite3_result_text_copy(context, $0.baseAddress, Int32($0.count))
                }
            }, nil, nil, nil)
        guard result == SQLITE_OK else { throw connection.failure(result) }
    }
}
