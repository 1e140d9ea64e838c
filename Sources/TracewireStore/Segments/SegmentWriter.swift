/// Lays values end to end and writes them as segments.
///
/// What was appended is in the database after ``cut()``, and can be read by then.
final class SegmentWriter {
    /// Bytes from which a segment is written: reading one value inflates no more than this and the value.
    ///
    /// The workload of 1,000 workflows takes 5.6 MB in segments of this size, 5.9 MB in half of it and 6.6 MB in a
    /// quarter.
    static let segmentBytes = 1 << 20

    /// Where the last segment may begin: far beyond all that a disk holds.
    private static let latestStart: Int64 = 1 << 60

    private let connection: Connection
    private let rows: SegmentRows
    private var buffer: [UInt8] = []
    /// The place of the buffer's first byte; `nil` if the database has to be asked.
    private var start: Int64?
    private var latestAtMs: Int64 = 0
    /// The latest start of a workflow that had to do with this transaction; see ``note(workflowStart:)``.
    private var latestStartMs: Int64 = .min
    /// Bytes in segments that were written too small, since somebody asked last.
    private var smallBytes = 0

    init(_ connection: Connection, _ rows: SegmentRows) {
        self.connection = connection
        self.rows = rows
        buffer.reserveCapacity(Self.segmentBytes * 2)
    }

    /// To be called when a transaction begins.
    func begin() {
        latestStartMs = .min
    }

    /// Notes when the workflow began to which values of this transaction may belong, before they are appended.
    ///
    /// `search --since` asks for workflows that began since then, and reads no segment whose time is earlier: a value must
    /// not be older than its workflow, though the clock that its record was made with may say so.
    func note(workflowStart atMs: Int64) {
        latestStartMs = max(latestStartMs, atMs)
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
        latestAtMs = max(latestAtMs, atMs, latestStartMs)
        if buffer.count >= Self.segmentBytes { try cut() }
        return reference
    }

    /// Where the next value will lie, for ``rewind(to:)``.
    func mark() throws(StoreError) -> Int64 {
        try bufferStart() + Int64(buffer.count)
    }

    /// Whether values of so many bytes can be appended and taken back again.
    func canRewind(over bytes: Int) -> Bool {
        buffer.count + bytes + SegmentEntry.largestHeader * PayloadColumn.allCases.count < Self.segmentBytes
    }

    /// Takes back what was appended since `mark`. Only where ``canRewind(over:)`` said so before.
    func rewind(to mark: Int64) {
        guard let start, mark >= start else { return }
        buffer.removeLast(max(0, buffer.count - Int(mark - start)))
    }

    /// Writes what was appended as a segment.
    func cut() throws(StoreError) {
        guard !buffer.isEmpty else { return }
        let start = try bufferStart()
        try rows.insert(SegmentRows.Row(start: start, latestAtMs: latestAtMs, bytes: buffer))
        if buffer.count < Self.segmentBytes / 2 { smallBytes += buffer.count }
        self.start = start + Int64(buffer.count)
        // A large value has made it large: it goes back to its usual size.
        buffer.removeAll(keepingCapacity: buffer.capacity <= Self.segmentBytes * 4)
        latestAtMs = 0
    }

    /// Whether small segments for one of the full size were written since it was last asked.
    func takeHasSmallOnes() -> Bool {
        guard smallBytes >= Self.segmentBytes else { return false }
        smallBytes = 0
        return true
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
            """
            SELECT coalesce((
                SELECT start + CASE WHEN raw_bytes BETWEEN 1 AND \(SegmentReader.largestSegment) THEN raw_bytes
                    ELSE \(SegmentReader.largestSegment) END
                FROM segments ORDER BY start DESC LIMIT 1), 0)
            """)
        // An addition that overflows is no integer any more.
        guard (0...Self.latestStart).contains(end) else {
            throw SegmentReader.damaged(end, "no other can lie behind it")
        }
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
