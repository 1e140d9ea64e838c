internal import Glibc

/// Tells figures of a rollup, many of the same one after the other: a row of a report asks for a dozen.
final class RollupFigures {
    private var bytes: [UInt8] = []
    private var cells: RollupCells?
    /// Of the kinds that were asked for last.
    private var distribution: (kinds: Int64, cell: RollupCell)?

    /// `nil` where there is no such value, or the bytes are no rollup.
    func value(_ figure: RollupFigure, _ kinds: Int64, of bytes: UnsafeRawBufferPointer) -> RollupValue? {
        if !isLast(bytes) {
            self.bytes = Array(bytes)
            cells = RollupCells(bytes)
            distribution = nil
        }
        guard let cells else { return nil }
        return figure.value(figure.isOfDistribution ? distribution(cells, kinds) : cells.counts(kinds))
    }

    private func distribution(_ cells: RollupCells, _ kinds: Int64) -> RollupCell {
        if let distribution, distribution.kinds == kinds { return distribution.cell }
        let cell = cells.sum(kinds)
        distribution = (kinds, cell)
        return cell
    }

    private func isLast(_ other: UnsafeRawBufferPointer) -> Bool {
        bytes.withUnsafeBytes { bytes in
            guard bytes.count == other.count, let start = bytes.baseAddress, let address = other.baseAddress else {
                return bytes.isEmpty && other.isEmpty
            }
            return memcmp(start, address, bytes.count) == 0
        }
    }
}
