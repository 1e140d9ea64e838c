internal import TracewireProtocol

/// How often something was counted in each of some periods, by what is counted: a report `stats_…_by` for one column of a
/// table.
///
/// Only periods in which there was something are kept, as the report gives them.
struct Series {
    enum Unit: String, CaseIterable {
        case hour, day

        var milliseconds: Int64 { self == .hour ? 3_600_000 : 86_400_000 }

        /// How much is shown where nobody says since when.
        var standardLength: Int64 { (self == .hour ? 24 : 30) * milliseconds }
    }

    /// What tells a row from others.
    private struct Key: Hashable {
        let texts: [ExactText?]

        init(_ row: AnswerRow, _ columns: [String]) { texts = columns.map { row.text($0).map(ExactText.init) } }
    }

    /// Whole periods: the range that was asked for, widened.
    let range: Range<Int64>
    let unit: Unit
    private let keys: [String]
    private let column: String
    private var counts: [Key: [(place: Int, count: Int64)]] = [:]
    /// Periods that one bar stands for.
    let periodsPerBar: Int

    /// - Parameters:
    ///   - keys: the columns that tell a row from others.
    ///   - column: the one that is drawn.
    ///   - width: the most bars; `nil` for as many as there are periods.
    init(_ range: Range<Int64>, by unit: Unit, keys: [String], column: String, width: Int?) {
        let length = unit.milliseconds
        let start = max(0, range.lowerBound) / length * length
        let end = max(start, (max(0, range.upperBound) + length - 1) / length * length)
        self.range = start..<end
        (self.unit, self.keys, self.column) = (unit, keys, column)
        periodsPerBar = Sparkline.periodsPerBar(Int(clamping: (end - start) / length), limit: width)
    }

    mutating func add(_ row: AnswerRow) {
        guard let period = row.integer("period"), range.contains(period), let count = row.integer(column), count > 0
        else { return }
        counts[Key(row, keys), default: []].append((Int((period - range.lowerBound) / unit.milliseconds), count))
    }

    /// The bars of a row that has the same texts in the columns that tell them apart.
    func sparkline(of row: AnswerRow) -> String {
        let periods = Int((range.upperBound - range.lowerBound) / unit.milliseconds)
        var bars = [Int64](repeating: 0, count: (periods + periodsPerBar - 1) / periodsPerBar)
        for (place, count) in counts[Key(row, keys)] ?? [] where place / periodsPerBar < bars.count {
            bars[place / periodsPerBar] = bars[place / periodsPerBar].addingClamped(count)
        }
        return Sparkline.text(bars)
    }
}
