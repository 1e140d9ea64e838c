internal import TracewireProtocol
internal import TracewireZstd

/// The statements on `segments` that write: each row is one zstd frame with a checksum.
final class SegmentRows {
    private let insertion: Statement
    private let replacement: Statement
    private let deletion: Statement
    private let selection: Statement
    private var compressor: ZstdCompressor
    private var decompressor: ZstdDecompressor

    /// A segment as it is stored, inflated.
    struct Row {
        let start: Int64
        let latestAtMs: Int64
        let bytes: [UInt8]
    }

    init(_ connection: Connection) throws(StoreError) {
        insertion = try Statement(
            connection, "INSERT INTO segments (start, raw_bytes, latest_at, data) VALUES (?, ?, ?, ?)")
        replacement = try Statement(
            connection, "UPDATE segments SET raw_bytes = ?2, latest_at = ?3, data = ?4 WHERE start = ?1")
        deletion = try Statement(connection, "DELETE FROM segments WHERE start BETWEEN ? AND ?")
        selection = try Statement(
            connection,
            "SELECT start, raw_bytes, latest_at, data FROM segments WHERE start BETWEEN ? AND ? ORDER BY start")
        do throws(ZstdError) {
            compressor = try ZstdCompressor(level: 1, checksum: true)
            decompressor = try ZstdDecompressor()
        } catch {
            throw StoreError(.outOfMemory, "\(error). Give the process more memory.")
        }
    }

    func insert(_ row: Row) throws(StoreError) {
        try run(insertion, row)
    }

    /// Gives the segment that starts where `row` does other bytes.
    func replace(_ row: Row) throws(StoreError) {
        try run(replacement, row)
    }

    /// Deletes the segments that start in `starts`.
    func delete(_ starts: ClosedRange<Int64>) throws(StoreError) {
        deletion.bind(1, starts.lowerBound)
        deletion.bind(2, starts.upperBound)
        try deletion.run()
    }

    /// Calls `body` with each segment that starts in `starts`, in their order.
    func forEach(_ starts: ClosedRange<Int64>, _ body: (Row) throws(StoreError) -> Void) throws(StoreError) {
        defer { selection.reset() }
        selection.bind(1, starts.lowerBound)
        selection.bind(2, starts.upperBound)
        while try selection.step() {
            let start = selection.integer(0)
            let bytes = try SegmentReader.inflate(
                selection.bytes(3), start: start, rawBytes: selection.integer(1), &decompressor)
            try body(Row(start: start, latestAtMs: selection.integer(2), bytes: bytes))
        }
    }

    private func run(_ statement: Statement, _ row: Row) throws(StoreError) {
        let data = try compress(row.bytes)
        statement.bind(1, row.start)
        statement.bind(2, Int64(row.bytes.count))
        statement.bind(3, row.latestAtMs)
        try data.withUnsafeBufferPointer { (bytes) throws(StoreError) in
            statement.bind(4, blob: UnsafeRawBufferPointer(bytes))
            try statement.run()
        }
    }

    private func compress(_ bytes: [UInt8]) throws(StoreError) -> [UInt8] {
        do throws(ZstdError) {
            return try compressor.compressFrame(bytes.span)
        } catch {
            throw StoreError(.internalFailure, "A segment could not be compressed: \(error). Please report this.")
        }
    }
}
