internal import CSQLite
internal import TracewireProtocol

/// The functions that reading connections have beside SQLite's own.
enum SQLFunctions {
    /// Adds `uuid_text(blob)`: the canonical text of a 16-byte UUID, NULL for anything else.
    static func add(to connection: Connection) throws(StoreError) {
        let result = sqlite3_create_function_v2(
            connection.handle, "uuid_text", 1, SQLITE_UTF8 | SQLITE_DETERMINISTIC | SQLITE_INNOCUOUS, nil,
            { context, _, arguments in
                guard let context, let argument = arguments?[0] else { return }
                SQLFunctions.uuidText(context, argument)
            }, nil, nil, nil)
        guard result == SQLITE_OK else { throw connection.failure(result) }
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
