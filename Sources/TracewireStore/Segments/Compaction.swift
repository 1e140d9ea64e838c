/// Merges neighbouring small segments, a few at a time: light traffic leaves one for every commit, which compress badly.
///
/// References name places and not segments, so merging touches no row. A segment is merged once: only when there are
/// neighbours enough for one of the full size.
final class Compaction {
    /// Most segments that one step looks at.
    private static let segmentsPerStep = 1_024

    private let rows: SegmentRows
    private let neighbours: Statement
    /// Everything before this place is as large as it gets, or damaged.
    private var cursor: Int64 = 0

    init(_ connection: Connection, _ rows: SegmentRows) throws(StoreError) {
        self.rows = rows
        neighbours = try Statement(
            connection, "SELECT start, raw_bytes FROM segments WHERE start >= ? ORDER BY start LIMIT ?")
    }

    /// Looks at the next neighbours, and merges those that belong together, within a transaction.
    ///
    /// - Returns: whether there may be more.
    func step() throws(StoreError) -> Bool {
        let (runs, isWhole) = try runs(from: cursor)
        guard let run = runs.first(where: { $0.count > 1 }) else {
            // Those behind the last run may get more neighbours. What stands before is not looked at again: an idle
            // writer comes here every second.
            guard let last = runs.last else { return false }
            cursor = last.end
            return isWhole
        }
        do throws(StoreError) {
            try merge(run)
        } catch {
            // What cannot be read stays as it is, for `check` to name.
            guard error.code == .corrupt else { throw error }
        }
        cursor = run.end
        return true
    }

    /// Looks at everything again, after a rollback: what was merged is as it was.
    func forget() {
        cursor = 0
    }

    /// Neighbours that belong together.
    private struct Run {
        let first: Int64
        let last: Int64
        /// Behind the last one's bytes.
        let end: Int64
        let count: Int
    }

    /// Cuts the segments from `start` on into runs that are as long as a segment may be; the last, which may still grow,
    /// is left out. The second value is false at the end of the sequence.
    private func runs(from start: Int64) throws(StoreError) -> ([Run], Bool) {
        defer { neighbours.reset() }
        neighbours.bind(1, start)
        neighbours.bind(2, Int64(Self.segmentsPerStep))
        var runs: [Run] = []
        var current: Run?
        var count = 0
        while try neighbours.step() {
            let start = neighbours.integer(0)
            let end = SegmentReader.end(start: start, rawBytes: neighbours.integer(1))
            count += 1
            guard let run = current, run.end == start, end - run.first <= Int64(SegmentWriter.segmentBytes) else {
                if let current { runs.append(current) }
                current = Run(first: start, last: start, end: end, count: 1)
                continue
            }
            current = Run(first: run.first, last: start, end: end, count: run.count + 1)
        }
        let isWhole = count == Self.segmentsPerStep
        // So many small ones are worth merging before they fill a segment.
        if isWhole, let current, current.count == count { runs.append(current) }
        return (runs, isWhole)
    }

    private func merge(_ run: Run) throws(StoreError) {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(Int(run.end - run.first))
        var latest: Int64 = 0
        try rows.forEach(run.first...run.last) { (row) throws(StoreError) in
            bytes += row.bytes
            latest = max(latest, row.latestAtMs)
        }
        try rows.replace(SegmentRows.Row(start: run.first, latestAtMs: latest, bytes: bytes))
        try rows.delete(run.first + 1...run.last)
    }
}
