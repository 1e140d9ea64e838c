internal import CSQLite
internal import TracewireProtocol

/// A prepared question.
final class QueryStatement {
    let handle: OpaquePointer
    let connection: Connection

    init(_ handle: OpaquePointer, _ connection: Connection) {
        self.handle = handle
        self.connection = connection
    }

    deinit {
        sqlite3_finalize(handle)
    }

    func bind(_ index: Int32, _ value: Value) throws(QueryFault) {
        let result =
            switch value {
            case .null: sqlite3_bind_null(handle, index)
            case .integer(let value): sqlite3_bind_int64(handle, index, value)
            case .real(let value): sqlite3_bind_double(handle, index, value)
            case .text(let value): bind(index, value)
            case .blob(let value):
                value.withUnsafeBytes {
                    $0.isEmpty
                        ? sqlite3_bind_zeroblob(handle, index, 0)
                        : tracewire_sqlite3_bind_blob_copy(handle, index, $0.baseAddress, UInt64($0.count))
                }
            }
        guard result == SQLITE_OK else {
            throw QueryFault(.invalidArgument, "parameter \(index) cannot be used: it is too large")
        }
    }

    private func bind(_ index: Int32, _ text: String) -> Int32 {
        var text = text
        return text.withUTF8 {
            guard let address = $0.baseAddress else { return tracewire_sqlite3_bind_text_copy(handle, index, "", 0) }
            return tracewire_sqlite3_bind_text_copy(handle, index, address, UInt64($0.count))
        }
    }

    var columns: Columns {
        Columns(
            (0..<columnCount).map { index in
                Column(name: Self.text(sqlite3_column_name(handle, index)), declaredType: declaredType(index))
            })
    }

    /// `JSON` for what the schema has to call `JSON TEXT`.
    private func declaredType(_ index: Int32) -> String {
        let declared = Self.text(sqlite3_column_decltype(handle, index))
        return declared == "JSON TEXT" ? "JSON" : declared
    }

    private static func text(_ text: UnsafePointer<CChar>?) -> String {
        text.map { String(cString: $0) } ?? ""
    }

    /// More than a number takes in a body of `ROWS`.
    static let numberBytes = 14

    var columnCount: Int32 { sqlite3_column_count(handle) }

    /// About how many bytes the current row takes in a body of `ROWS`, no less than it does.
    var rowBytes: Int {
        (0..<columnCount).reduce(8) { bytes, index in
            switch sqlite3_column_type(handle, index) {
            case SQLITE_TEXT, SQLITE_BLOB: bytes + 12 + Int(sqlite3_column_bytes(handle, index))
            default: bytes + Self.numberBytes
            }
        }
    }

    /// Copies a value of the current row.
    func copyValue(_ index: Int32, to writer: inout RowsWriter) {
        switch sqlite3_column_type(handle, index) {
        case SQLITE_INTEGER: writer.integer(sqlite3_column_int64(handle, index))
        case SQLITE_FLOAT: writer.real(sqlite3_column_double(handle, index))
        case SQLITE_TEXT: copyText(bytes(index), to: &writer)
        case SQLITE_BLOB: writer.blob(bytes(index).span)
        default: writer.null()
        }
    }

    /// A value of the current row as the rollup that it is; nothing is counted by what is none.
    func rollup(_ index: Int32) -> RollupCells {
        RollupCells(UnsafeRawBufferPointer(bytes(index))) ?? RollupCells()
    }

    /// What the tables hold is UTF-8, but an expression can make a text of any bytes.
    private func copyText(_ bytes: UnsafeBufferPointer<UInt8>, to writer: inout RowsWriter) {
        if UTF8Validator.isValid(bytes.span) {
            writer.text(bytes.span)
        } else {
            writer.value(.text(String(decoding: bytes, as: UTF8.self)))
        }
    }

    private func bytes(_ index: Int32) -> UnsafeBufferPointer<UInt8> {
        let address = sqlite3_column_blob(handle, index)?.assumingMemoryBound(to: UInt8.self)
        return UnsafeBufferPointer(start: address, count: Int(sqlite3_column_bytes(handle, index)))
    }
}
