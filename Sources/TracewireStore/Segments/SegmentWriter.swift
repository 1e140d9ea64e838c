internal import TracewireProtocol
internal import TracewireZstd

/// Lays values end to end and writes them as segments: rows of `segments`, each one zstd frame with a checksum.
///
/// What was appended is in the database after ``cut()``, and can be read by then.
final class SegmentWriter {
    /// Bytes from which a segment is written: reading one value inflates no more than this and the value.
    ///
    /// The workload of 1,000 workflows takes 5.6 MB in segments of this size, 5.9 MB in half of it and 6.6 MB in a
    /// quarter.
    static let segmentBytes = 1 << 20

    private let connection: Connection
    private let insertion: Statement
    private var compressor: ZstdCompressor
    private var buffer: [UInt8] = []
    /// The place of the buffer's first byte; `nil` if the database has to be asked.
    private var start: Int64?
    private var latestAtMs: Int64 = 0
    /// What was written since the writer was opened, in bytes: values with their headers, and as compressed.
    private(set) var written = (raw: UInt64(0), compressed: UInt64(0))

    init(_ connection: Connection) throws(StoreError) {
        self.connection = connection
        insertion = try Statement(
            connection, "INSERT INTO segments (start, raw_bytes, latest_at, data) VALUES (?, ?, ?, ?)")
        do throws(ZstdError) {
            compressor = try ZstdCompressor(level: 1, checksum: true)
        } catch {
            throw StoreError(.outOfMemory, "\(error). Give the process more memory.")
        }
        buffer.reserveCapacity(Self.segmentBytes * 2)
    }

    /// Appends a value of that row, which a record of the time `atMs` said.
    func append(
        _ value: UnsafeRawBufferPointer, _ column: PayloadColumn, row: Int64, atMs: Int64
    ) throws(StoreError) -> ValueReference {
        if buffer.count + value.count > Self.segmentBytes + Self.segmentBytes / 8 { try cut() }
        let start = try bufferStart()
        SegmentEntry.appendHeader(column, row: row, length: value.count, to: &buffer)
        let reference = ValueReference(position: start + Int64(buffer.count), length: value.count)
        buffer.append(contentsOf: value)
        latestAtMs = max(latestAtMs, atMs)
        if buffer.count >= Self.segmentBytes { try cut() }
        return reference
    }

    /// Where the next value will lie, for ``rewind(to:)``.
    func mark() throws(StoreError) -> Int64 {
        try bufferStart() + Int64(buffer.count)
    }

    /// Takes back what was appended since `mark`, as far as it is not written yet. What is written already stays there
    /// without a row that refers to it.
    func rewind(to mark: Int64) {
        guard let start, mark >= start else { return }
        buffer.removeLast(max(0, buffer.count - Int(mark - start)))
    }

    /// Writes what was appended as a segment.
    func cut() throws(StoreError) {
        guard !buffer.isEmpty else { return }
        let start = try bufferStart()
        let data = try compressed()
        insertion.bind(1, start)
        insertion.bind(2, Int64(buffer.count))
        insertion.bind(3, latestAtMs)
        try data.withUnsafeBufferPointer { (bytes) throws(StoreError) in
            insertion.bind(4, blob: UnsafeRawBufferPointer(bytes))
            try insertion.run()
        }
        written.raw += UInt64(buffer.count)
        written.compressed += UInt64(data.count)
        self.start = start + Int64(buffer.count)
        // A large value has made it large: it goes back to its usual size.
        buffer.removeAll(keepingCapacity: buffer.capacity <= Self.segmentBytes * 4)
        latestAtMs = 0
    }

    private func compressed() throws(StoreError) -> [UInt8] {
        do throws(ZstdError) {
            let raw = buffer
            return try compressor.compressFrame(raw.span)
        } catch {
            throw StoreError(.internalFailure, "A segment could not be compressed: \(error). Please report this.")
        }
    }

    /// Forgets what was appended, after a rollback.
    func discard() {
        buffer.removeAll(keepingCapacity: true)
        start = nil
        latestAtMs = 0
    }

    private func bufferStart() throws(StoreError) -> Int64 {
        if let start { return start }
        let end = try connection.integer(
            "SELECT coalesce((SELECT start + raw_bytes FROM segments ORDER BY start DESC LIMIT 1), 0)")
        start = end
        return end
    }
}

extension SegmentWriter {
    /// Binds a value where it belongs: as a text if it is small enough to stay in the row, else as a reference.
    func bind(
        _ index: Int32, _ value: PinnedText?, _ column: PayloadColumn, row: Int64, atMs: Int64, to statement: Statement
    ) throws(StoreError) {
        guard let value, value.count > column.inlineBytes else { return statement.bind(index, text: value) }
        statement.bind(index, try append(value, column, row: row, atMs: atMs))
    }
}
