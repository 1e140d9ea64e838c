internal import TracewireProtocol

/// A column of a report that is told from a row's rollup.
///
/// It is told in one pass over the rollup, behind SQLite: a function of SQL for each of two dozen columns took most of
/// the time of a report on a thousand users.
struct RollupColumn {
    let name: String
    private let figure: RollupFigure
    /// Bits of ``RollupKind``.
    private let kinds: Int64
    /// If not `nil`, the column is the share of `kinds` in the count of these.
    private let whole: Int64?

    init(_ name: String, _ figure: RollupFigure, _ kinds: [RollupKind], of whole: [RollupKind]? = nil) {
        self.name = name
        self.figure = figure
        self.kinds = RollupKind.bits(kinds)
        self.whole = whole.map(RollupKind.bits)
    }

    func value(in reading: inout RollupReading) -> RollupValue? {
        guard let whole else { return reading.value(figure, kinds) }
        let count = reading.count(whole)
        return count > 0 ? .real(Double(reading.count(kinds)) / Double(count)) : nil
    }
}
