/// Adds up many rollups. One alone stays as it is; of many the counts stand in their buckets' places, so that adding one
/// costs what it holds, and not what all of them hold.
final class RollupMerge {
    /// From how many rollups on the places are worth their memory.
    private static let many = 8

    private struct Cell {
        /// Without a histogram once there are `counts`.
        var cell: RollupCell
        var rollups = 0
        /// By number of the bucket.
        var counts: [Int64] = []

        mutating func add(_ other: RollupCell) {
            rollups += 1
            guard rollups >= many else { return cell.add(other) }
            var rest = other
            rest.histogram = Histogram()
            cell.add(rest)
            if counts.isEmpty {
                counts = Array(repeating: 0, count: Histogram.lastNumber + 1)
                add(cell.histogram)
                cell.histogram = Histogram()
            }
            add(other.histogram)
        }

        private mutating func add(_ histogram: Histogram) {
            counts.withUnsafeMutableBufferPointer { counts in
                for bucket in histogram.buckets { counts[bucket.number] &+= bucket.count }
            }
        }

        var whole: RollupCell {
            var whole = cell
            if !counts.isEmpty { whole.histogram = Histogram(counts: counts) }
            return whole
        }
    }

    private var only: [UInt8]?
    private var cells: [Cell] = []

    /// What is no rollup adds nothing.
    func add(_ bytes: UnsafeRawBufferPointer) {
        if only == nil && cells.isEmpty {
            only = Array(bytes)
            return
        }
        if let first = only {
            only = nil
            first.withUnsafeBytes { add(RollupCells($0)) }
        }
        add(RollupCells(bytes))
    }

    private func add(_ other: RollupCells?) {
        for cell in other?.cells ?? [] {
            let place = cells.firstIndex { $0.cell.kind == cell.kind } ?? cells.count
            if place == cells.count { cells.append(Cell(cell: RollupCell(cell.kind))) }
            cells[place].add(cell)
        }
    }

    /// All of them as one.
    var encoded: [UInt8] {
        if let only { return only }
        var sum = RollupCells()
        for cell in cells { sum.update(cell.cell.kind) { $0 = cell.whole } }
        return sum.encoded
    }
}
