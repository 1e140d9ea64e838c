internal import CSQLite
internal import Glibc
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

    /// - Throws: `byte_limit` where their names do not fit into the one frame that they have.
    var columns: Columns {
        get throws(QueryFault) {
            let bytes = (0..<columnCount).reduce(0) { bytes, index in
                bytes + 16 + Self.length(sqlite3_column_name(handle, index))
                    + Self.length(sqlite3_column_decltype(handle, index))
            }
            guard bytes <= Limits.frameRawBytes else {
                throw QueryFault(.byteLimit, "the names of the columns take more than \(Limits.frameRawBytes) bytes")
            }
            return Columns(
                (0..<columnCount).map { index in
                    Column(name: Self.text(sqlite3_column_name(handle, index)), declaredType: declaredType(index))
                })
        }
    }

    private static func length(_ text: UnsafePointer<CChar>?) -> Int { text.map { strlen($0) } ?? 0 }

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

    /// About how many bytes the current row takes in a body of `ROWS`, no less than it does if its texts are UTF-8.
    var rowBytes: Int {
        (0..<columnCount).reduce(8) { bytes, index in
            switch sqlite3_column_type(handle, index) {
            case SQLITE_TEXT, SQLITE_BLOB: bytes + 12 + Int(sqlite3_column_bytes(handle, index))
            default: bytes + Self.numberBytes
            }
        }
    }

    /// Copies a value of the current row.
    ///
    /// - Throws: `byte_limit` if a text has to be mended, and the body might grow beyond `limit` bytes by that.
    func copyValue(_ index: Int32, to writer: inout RowsWriter, atMost limit: Int) throws(QueryFault) {
        switch sqlite3_column_type(handle, index) {
        case SQLITE_INTEGER: writer.integer(sqlite3_column_int64(handle, index))
        case SQLITE_FLOAT: writer.real(sqlite3_column_double(handle, index))
        case SQLITE_TEXT: try copyText(bytes(index), to: &writer, atMost: limit)
        case SQLITE_BLOB: writer.blob(bytes(index).span)
        default: writer.null()
        }
    }

    /// A value of the current row as the rollup that it is; nothing is counted by what is none.
    func rollup(_ index: Int32) -> RollupCells {
        RollupCells(UnsafeRawBufferPointer(bytes(index))) ?? RollupCells()
    }

    /// What the tables hold is UTF-8, but an expression can make a text of any bytes. Mended, each may be three.
    private func copyText(
        _ bytes: UnsafeBufferPointer<UInt8>, to writer: inout RowsWriter, atMost limit: Int
    ) throws(QueryFault) {
        if UTF8Validator.isValid(bytes.span) { return writer.text(bytes.span) }
        guard writer.count + 3 * bytes.count <= limit else { throw .largeRow(limit) }
        writer.value(.text(String(decoding: bytes, as: UTF8.self)))
    }

    private func bytes(_ index: Int32) -> UnsafeBufferPointer<UInt8> {
        let address = sqlite3_column_blob(handle, index)?.assumingMemoryBound(to: UInt8.self)
        return UnsafeBufferPointer(start: address, count: Int(sqlite3_column_bytes(handle, index)))
    }
}

extension QueryFault {
    static func largeRow(_ limit: Int) -> QueryFault {
        QueryFault(.byteLimit, "a row takes more than \(limit) bytes of memory")
    }
}
