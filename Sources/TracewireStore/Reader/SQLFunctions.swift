internal import CSQLite
internal import TracewireProtocol

/// The functions that reading connections have beside SQLite's own.
enum SQLFunctions {
    /// Adds `uuid_text(blob)`: the canonical text of a 16-byte UUID, and `uuid_blob(text)`: the UUID of its text, with hyphens
    /// or without. NULL for anything else.
    static func add(to connection: Connection) throws(StoreError) {
        let flags = SQLITE_UTF8 | SQLITE_DETERMINISTIC | SQLITE_INNOCUOUS
        let text = sqlite3_create_function_v2(
            connection.handle, "uuid_text", 1, flags, nil,
            { context, _, arguments in
                guard let context, let argument = arguments?[0] else { return }
                SQLFunctions.uuidText(context, argument)
            }, nil, nil, nil)
        guard text == SQLITE_OK else { throw connection.failure(text) }
        let blob = sqlite3_create_function_v2(
            connection.handle, "uuid_blob", 1, flags, nil,
            { context, _, arguments in
                guard let context, let argument = arguments?[0] else { return }
                SQLFunctions.uuidBlob(context, argument)
            }, nil, nil, nil)
        guard blob == SQLITE_OK else { throw connection.failure(blob) }
    }

    private static func uuidBlob(_ context: OpaquePointer, _ argument: OpaquePointer) {
        guard sqlite3_value_type(argument) == SQLITE_TEXT, let text = sqlite3_value_text(argument) else {
            return sqlite3_result_null(context)
        }
        let digits = UnsafeBufferPointer(start: text, count: Int(sqlite3_value_bytes(argument)))
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 16) { bytes in
            var count = 0
            for digit in digits where digit != UInt8(ascii: "-") {
                guard count < 32, let value = Character(Unicode.Scalar(digit)).hexDigitValue else {
                    return sqlite3_result_null(context)
                }
                bytes[count / 2] = count % 2 == 0 ? UInt8(value) << 4 : bytes[count / 2] | UInt8(value)
                count += 1
            }
            guard count == 32 else { return sqlite3_result_null(context) }
            tracewire_sqlite3_result_blob_copy(context, bytes.baseAddress, 16)
        }
    }

    private static func uuidText(_ context: OpaquePointer, _ argument: OpaquePointer) {
        guard sqlite3_value_type(argument) == SQLITE_BLOB, sqlite3_value_bytes(argument) == 16,
            let address = sqlite3_value_blob(argument)
        else { return sqlite3_result_null(context) }
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 36) { text in
            var position = 0
            for (index, byte) in UnsafeRawBufferPointer(start: address, count: 16).enumerated() {
                if index == 4 || index == 6 || index == 8 || index == 10 {
                    text[position] = UInt8(ascii: "-")
                    position += 1
                }
                text[position] = digit(byte >> 4)
                text[position + 1] = digit(byte & 0xf)
                position += 2
            }
            tracewire_sqlite3_result_text_copy(context, text.baseAddress, 36)
        }
    }

    private static func digit(_ nibble: UInt8) -> UInt8 {
        nibble < 10 ? nibble + UInt8(ascii: "0") : nibble - 10 + UInt8(ascii: "a")
    }
}
