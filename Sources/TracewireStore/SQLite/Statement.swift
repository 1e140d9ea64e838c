internal import CSQLite
internal import TracewireProtocol

/// A prepared statement. What is bound by address must stay where it is until the statement is reset.
final class Statement {
    let handle: OpaquePointer
    private let connection: Connection
    /// Where bound identifiers and references lie until the statement has run: sixteen bytes for each parameter.
    private let scratch: UnsafeMutableRawBufferPointer
    /// The first failure of a binding: reported by the next step, so that binding needs no `try`.
    private var bindingFailure = SQLITE_OK

    init(_ connection: Connection, _ sql: String) throws(StoreError) {
        var handle: OpaquePointer?
        let result = sqlite3_prepare_v3(connection.handle, sql, -1, UInt32(SQLITE_PREPARE_PERSISTENT), &handle, nil)
        guard result == SQLITE_OK, let handle else { throw connection.failure(result) }
        self.handle = handle
        self.connection = connection
        let count = Int(sqlite3_bind_parameter_count(handle))
        scratch = .allocate(byteCount: 16 * (count + 1), alignment: 8)
    }

    deinit {
        sqlite3_finalize(handle)
        scratch.deallocate()
    }

    /// Goes to the next row; `false` when there is none. Resets the statement on failure.
    func step() throws(StoreError) -> Bool {
        guard bindingFailure == SQLITE_OK else { throw failed(bindingFailure) }
        let result = sqlite3_step(handle)
        switch result {
        case SQLITE_ROW: return true
        case SQLITE_DONE: return false
        default: throw failed(result)
        }
    }

    /// Runs a statement that gives no rows, and makes it ready for its next use.
    func run() throws(StoreError) {
        while try step() {}
        reset()
    }

    /// Makes the statement ready for its next use. Bindings stay, and are replaced by the next ones: every use binds
    /// all parameters, and a reset statement never reads them.
    func reset() {
        sqlite3_reset(handle)
    }

    private func failed(_ result: Int32) -> StoreError {
        let error = connection.failure(result)
        reset()
        bindingFailure = SQLITE_OK
        return error
    }

    private func check(_ result: Int32) {
        if result != SQLITE_OK && bindingFailure == SQLITE_OK { bindingFailure = result }
    }
}

// Binding, by position from 1.
extension Statement {
    func bindNull(_ index: Int32) {
        check(sqlite3_bind_null(handle, index))
    }

    func bind(_ index: Int32, _ value: Int64?) {
        guard let value else { return bindNull(index) }
        check(sqlite3_bind_int64(handle, index, value))
    }

    func bind(_ index: Int32, _ value: Double?) {
        guard let value else { return bindNull(index) }
        check(sqlite3_bind_double(handle, index, value))
    }

    /// A text that stays where it is until the statement has run.
    func bind(_ index: Int32, text: UnsafeRawBufferPointer?) {
        guard let text, let address = text.baseAddress else { return bindNull(index) }
        check(tracewire_sqlite3_bind_text(handle, index, address, UInt64(text.count)))
    }

    /// Bytes that stay where they are until the statement has run.
    func bind(_ index: Int32, blob: UnsafeRawBufferPointer) {
        check(tracewire_sqlite3_bind_blob(handle, index, blob.baseAddress, UInt64(blob.count)))
    }

    func bind(_ index: Int32, _ identifier: Identifier) {
        let place = UnsafeMutableRawBufferPointer(rebasing: scratch[Int(index) * 16..<Int(index) * 16 + 16])
        place.storeBytes(of: identifier.high.bigEndian, as: UInt64.self)
        place.storeBytes(of: identifier.low.bigEndian, toByteOffset: 8, as: UInt64.self)
        check(tracewire_sqlite3_bind_blob(handle, index, place.baseAddress, 16))
    }

    func bind(_ index: Int32, _ reference: ValueReference) {
        let encoded = reference.encoded
        let place = UnsafeMutableRawBufferPointer(rebasing: scratch[Int(index) * 16..<Int(index) * 16 + encoded.count])
        place.copyBytes(from: encoded)
        check(tracewire_sqlite3_bind_blob(handle, index, place.baseAddress, UInt64(encoded.count)))
    }

    /// A copy of `text`.
    func bind(_ index: Int32, copying text: String?) {
        guard var text else { return bindNull(index) }
        check(
            text.withUTF8 {
                // An empty buffer may have no address, which SQLite would take for NULL.
                guard let address = $0.baseAddress else {
                    return tracewire_sqlite3_bind_text_copy(handle, index, "", 0)
                }
                return tracewire_sqlite3_bind_text_copy(handle, index, address, UInt64($0.count))
            })
    }

    /// A copy of `value`.
    func bind(_ index: Int32, copying value: Value) {
        switch value {
        case .null: bindNull(index)
        case .integer(let value): bind(index, value)
        case .real(let value): bind(index, value)
        case .text(let value): bind(index, copying: value)
        case .blob(let value):
            check(
                value.withUnsafeBytes {
                    $0.isEmpty
                        ? sqlite3_bind_zeroblob(handle, index, 0)
                        : tracewire_sqlite3_bind_blob_copy(handle, index, $0.baseAddress, UInt64($0.count))
                })
        }
    }

    /// Copies of those values whose names the statement has as parameters.
    func bind(named values: [String: Value]) {
        for (name, value) in values {
            let index = sqlite3_bind_parameter_index(handle, ":\(name)")
            if index > 0 { bind(index, copying: value) }
        }
    }
}

// The current row, by position from 0.
extension Statement {
    func isNull(_ index: Int32) -> Bool {
        sqlite3_column_type(handle, index) == SQLITE_NULL
    }

    var columnCount: Int32 { sqlite3_column_count(handle) }

    func isBlob(_ index: Int32) -> Bool {
        sqlite3_column_type(handle, index) == SQLITE_BLOB
    }

    func isInteger(_ index: Int32) -> Bool {
        sqlite3_column_type(handle, index) == SQLITE_INTEGER
    }

    func integer(_ index: Int32) -> Int64 {
        sqlite3_column_int64(handle, index)
    }

    func optionalInteger(_ index: Int32) -> Int64? {
        isNull(index) ? nil : integer(index)
    }

    /// The value's bytes, until the statement goes on.
    func bytes(_ index: Int32) -> UnsafeRawBufferPointer {
        let address = sqlite3_column_blob(handle, index)
        return UnsafeRawBufferPointer(start: address, count: Int(sqlite3_column_bytes(handle, index)))
    }

    func text(_ index: Int32) -> String {
        String(decoding: bytes(index), as: UTF8.self)
    }

    func identifier(_ index: Int32) -> Identifier {
        let bytes = bytes(index)
        guard bytes.count == 16 else { return .zero }
        return Identifier(
            high: UInt64(bigEndian: bytes.loadUnaligned(as: UInt64.self)),
            low: UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: 8, as: UInt64.self)))
    }
}
