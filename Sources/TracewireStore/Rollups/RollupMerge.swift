/// Adds up many rollups. One alone stays as it is; of many the counts stand in their buckets' places, so that adding one
/// costs what it holds, and not what all of them hold.
final class RollupMerge {
    /// From how many rollups on the places are worth their memory.
    private static let many = 8

    private var only: [UInt8]?
    /// Without histograms once their counts are in `places`.
    private var sum = RollupCells()
    private var rollups = 0
    /// By kind, then by number of the bucket.
    private var places: [RollupKind: [Int64]] = [:]

    /// Longer ones are taken apart at once, in case they are none.
    private static let longestKept = 64 << 10

    /// What is no rollup adds nothing.
    func add(_ bytes: UnsafeRawBufferPointer) {
        rollups += 1
        if rollups == 1, bytes.count <= Self.longestKept {
            only = Array(bytes)
            return
        }
        if let first = only {
            only = nil
            sum = first.withUnsafeBytes { RollupCells($0) } ?? RollupCells()
        }
        for cell in RollupCells(bytes)?.cells ?? [] {
            if rollups < Self.many { sum.update(cell.kind) { $0.add(cell) } } else { addToPlaces(cell) }
        }
    }

    private func addToPlaces(_ cell: RollupCell) {
        var rest = cell
        rest.histogram = Histogram()
        let before = sum.update(cell.kind) { known in
            let before = known.histogram
            known.histogram = Histogram()
            known.add(rest)
            return before
        }
        var counts = places.removeValue(forKey: cell.kind) ?? Array(repeating: 0, count: Histogram.lastNumber + 1)
        for bucket in before.buckets { counts[bucket.number] &+= bucket.count }
        for bucket in cell.histogram.buckets { counts[bucket.number] &+= bucket.count }
        places[cell.kind] = counts
    }

    /// All of them as one.
    var encoded: [UInt8] {
        if let only { return only }
        var whole = sum
        for (kind, counts) in places { whole.update(kind) { $0.histogram = Histogram(counts: counts) } }
        return whole.encoded
    }
}
