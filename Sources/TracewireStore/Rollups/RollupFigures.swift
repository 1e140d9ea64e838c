internal import Glibc

/// Tells figures of a rollup, many of the same one after the other: a row of a report asks for a dozen.
final class RollupFigures {
    private var bytes: [UInt8] = []
    private var cells: RollupCells?
    private var kinds: Int64 = 0
    private var sum: RollupCell?

    /// `nil` where there is no such value, or the bytes are no rollup.
    func value(_ figure: RollupFigure, _ kinds: Int64, of bytes: UnsafeRawBufferPointer) -> RollupValue? {
        let isSame = isLast(bytes)
        if !isSame {
            self.bytes = Array(bytes)
            cells = RollupCells(bytes)
        }
        if !isSame || kinds != self.kinds {
            sum = cells?.sum(kinds)
            self.kinds = kinds
        }
        return sum.flatMap { figure.value($0) }
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
