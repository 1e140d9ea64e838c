internal import TracewireProtocol

/// How much of one workflow one client has shed so far.
struct ShedCounts: Equatable, Sendable {
    let workflow: Identifier
    /// Tells these counts from those of another client.
    let source: Identifier
    let records: Int64
    let payloads: Int64
}

/// The file of a spool that says what was shed, so that it is known when the process dies before it could report it.
///
/// Each count is stored at once, together with the checksum that proves whose it is: whoever dies while it writes leaves
/// the count before, or none.
///
/// `@unchecked Sendable`: written under the lock of the queue that the spool belongs to.
final class ShedLedger: @unchecked Sendable {
    static let fileName = "shed"
    private static let rowBytes = 48
    private static let fileBytes = ShedTally.limit * rowBytes
    private static let recordsOffset = 32
    private static let payloadsOffset = 40

    private let memory: SegmentMemory

    /// Counts, and where they stand.
    struct Row: Equatable, Sendable {
        let number: Int
        let counts: ShedCounts
    }

    /// - Parameter spool: the spool's directory.
    /// - Throws: ``SpoolError``.
    init(creatingIn spool: String) throws(SpoolError) {
        memory = try SegmentFile(path: "\(spool)/\(Self.fileName)").create(Self.fileBytes)
    }

    /// That of a process that is gone, for whoever delivers its spool: what he has to leave out counts on.
    ///
    /// - Throws: ``SpoolError``.
    init(takingOver spool: String) throws(SpoolError) {
        memory = try SegmentFile(path: "\(spool)/\(Self.fileName)").open(reserving: Self.fileBytes)
    }

    func write(_ counts: ShedCounts, row: Int) {
        let start = row * Self.rowBytes
        let row = UnsafeMutableRawBufferPointer(rebasing: memory.writable[start..<(start + Self.rowBytes)])
        counts.workflow.store(to: row, at: 0)
        counts.source.store(to: row, at: 16)
        for (count, offset) in [(counts.records, Self.recordsOffset), (counts.payloads, Self.payloadsOffset)] {
            let count = UInt32(clamping: count)
            row.store(UInt64(count) | UInt64(Self.checksum(row, count)) << 32, at: offset)
        }
    }

    /// What the file of a process that is gone says; nothing where there is none.
    static func rows(in spool: String) -> [Row] {
        guard let memory = try? SegmentFile(path: "\(spool)/\(fileName)").read(atMost: fileBytes) else { return [] }
        return (0..<(memory.count / rowBytes)).compactMap { number in
            let start = number * rowBytes
            let row = UnsafeMutableRawBufferPointer(rebasing: memory.writable[start..<(start + rowBytes)])
            return counts(row).map { Row(number: number, counts: $0) }
        }
    }

    private static func counts(_ row: UnsafeMutableRawBufferPointer) -> ShedCounts? {
        let counts = ShedCounts(
            workflow: Identifier(UnsafeRawBufferPointer(row), at: 0),
            source: Identifier(UnsafeRawBufferPointer(row), at: 16),
            records: count(row, at: recordsOffset), payloads: count(row, at: payloadsOffset))
        return counts.records > 0 || counts.payloads > 0 ? counts : nil
    }

    private static func count(_ row: UnsafeMutableRawBufferPointer, at offset: Int) -> Int64 {
        let stored = UnsafeRawBufferPointer(row).number(UInt64.self, at: offset)
        let count = UInt32(truncatingIfNeeded: stored)
        return UInt32(stored >> 32) == checksum(row, count) ? Int64(count) : 0
    }

    /// Of whose count it is, continued over the count.
    private static func checksum(_ row: UnsafeMutableRawBufferPointer, _ count: UInt32) -> UInt32 {
        let identity = UnsafeRawBufferPointer(row).checksum(0..<recordsOffset)
        return withUnsafeBytes(of: count.littleEndian) { bytes in
            CRC32.checksum(bytes.bindMemory(to: UInt8.self).span, initial: identity)
        }
    }
}
