import CSQLite
import Testing
import TracewireProtocol

@testable import TracewireStore

/// Rows that take more memory than SQLite has of them.
struct RowSizeTests {
    private let recorder: Recorder
    private let reader: StoreReader

    init() throws {
        recorder = try Recorder()
        reader = try StoreReader(path: recorder.database.path)
    }

    @Test func `a value that stands in a row many times counts each time`() {
        let sql = "SELECT \(Array(repeating: "?1", count: 40).joined(separator: ", "))"
        let blob = Value.blob([UInt8](repeating: 1, count: 256 << 10))
        let answer = reader.sql(sql, blob, limits: QueryLimits(memoryBytes: 8 << 20))
        #expect(answer.summary.code == .byteLimit && answer.rows.isEmpty)
        #expect(answer.summary.message == "a row takes more than 8388608 bytes of memory")
        #expect(
            reader.sql(sql, blob, limits: QueryLimits(memoryBytes: 12 << 20)).rows == [
                Array(repeating: blob, count: 40)
            ])
    }

    @Test func `a text that has to be mended counts as what it may become, and the rows before it are delivered`() {
        let sql = "SELECT 1, 'a' UNION ALL SELECT 2, CAST(?1 AS TEXT)"
        let bytes = Value.blob([UInt8](repeating: 0xFF, count: 600_000))
        let answer = reader.sql(sql, bytes, limits: QueryLimits(memoryBytes: 1_790_000))
        #expect(answer.summary.message == "a row takes more than 1790000 bytes of memory")
        #expect(answer.summary.code == .byteLimit && answer.rows == [[.integer(1), .text("a")]])
        let whole = reader.sql(sql, bytes)
        #expect(whole.summary.code == .ok && whole.summary.bytes > 1_800_000, "\(whole.summary.message)")
        let isMended = whole.rows.last?.last == .text(String(repeating: "\u{fffd}", count: 600_000))
        #expect(isMended)
    }

    @Test func `a query that is over ends within a row`() throws {
        let connection = try Connection(path: ":memory:", flags: SQLITE_OPEN_READWRITE)
        var handle: OpaquePointer?
        try #require(
            sqlite3_prepare_v2(connection.handle, "SELECT 1, zeroblob(2000000), 2", -1, &handle, nil) == SQLITE_OK)
        let statement = QueryStatement(try #require(handle), connection)
        let question = Question(statement: statement, columns: try statement.columns)
        try #require(sqlite3_step(statement.handle) == SQLITE_ROW)
        let control = QueryControl()
        let watch = Watch([], control, start: .now, timeoutMs: .max)
        var writer = RowsWriter()
        try question.copyRow(to: &writer, watch, atMost: 4 << 20)
        let whole = writer.count
        control.cancel()
        #expect(throws: QueryFault(.cancelled, "the query was cancelled")) {
            try question.copyRow(to: &writer, watch, atMost: 4 << 20)
        }
        // Nothing is left of the row that did not end.
        #expect(writer.rows == 1 && writer.count == whole)
        #expect(try Rows(decoding: writer.take().span).rows.count == 1)
    }

    @Test func `names of columns that fill more than a frame are refused`() {
        let name = String(repeating: "n", count: 100_000)
        let sql = { (count: Int) in
            "WITH t(\"\(name)\") AS (SELECT 1) SELECT \(Array(repeating: "t.*", count: count).joined(separator: ", ")) FROM t"
        }
        let answer = reader.sql(sql(50))
        #expect(answer.summary.code == .byteLimit && answer.columns.isEmpty, "\(answer.summary.message)")
        #expect(reader.sql(sql(30)).columns.map(\.name) == Array(repeating: name, count: 30))
    }
}
