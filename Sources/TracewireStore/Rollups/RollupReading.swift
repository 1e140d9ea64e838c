/// What the reports read of a rollup.
enum RollupFigure {
    case count
    case average
    case minimum
    case maximum
    case p50
    case p90
    case p95
    case p99
    case promptTokens
    case completionTokens
    case totalTokens
}

enum RollupValue: Equatable {
    case integer(Int64)
    case real(Double)
}

/// The rollup of a row, as its columns ask for it: several read the same distribution one after the other.
struct RollupReading {
    private let cells: RollupCells
    /// Of the kinds that were asked for last; `nil` where no row of them has a value.
    private var distribution: (kinds: Int64, values: RollupDistribution?)?

    init(_ cells: RollupCells) {
        self.cells = cells
    }

    func count(_ kinds: Int64) -> Int64 { cells.count(kinds) }

    /// Of the rows of these kinds together; `nil` where none has a value.
    mutating func value(_ figure: RollupFigure, _ kinds: Int64) -> RollupValue? {
        switch figure {
        case .count: .integer(count(kinds))
        case .promptTokens: sum(cells.tokens(kinds).prompt)
        case .completionTokens: sum(cells.tokens(kinds).completion)
        case .totalTokens: sum(cells.tokens(kinds).total)
        case .average: (distribution(kinds)?.average).map(RollupValue.real)
        case .minimum: (distribution(kinds)?.extremes.lowerBound).map(RollupValue.integer)
        case .maximum: (distribution(kinds)?.extremes.upperBound).map(RollupValue.integer)
        case .p50: (distribution(kinds)?.percentiles[0]).map(RollupValue.integer)
        case .p90: (distribution(kinds)?.percentiles[1]).map(RollupValue.integer)
        case .p95: (distribution(kinds)?.percentiles[2]).map(RollupValue.integer)
        case .p99: (distribution(kinds)?.percentiles[3]).map(RollupValue.integer)
        }
    }

    private func sum(_ sum: RollupSum) -> RollupValue? {
        sum.count > 0 ? .integer(sum.clamped) : nil
    }

    private mutating func distribution(_ kinds: Int64) -> RollupDistribution? {
        if let distribution, distribution.kinds == kinds { return distribution.values }
        let values = RollupDistribution(cells.sum(kinds))
        distribution = (kinds, values)
        return values
    }
}

/// How the measured values of a cell are spread.
struct RollupDistribution {
    private static let percents: [Int64] = [50, 90, 95, 99]

    let average: Double
    let extremes: ClosedRange<Int64>
    /// The 50th, 90th, 95th and 99th.
    let percentiles: [Int64]

    /// `nil` if the cell has none.
    init?(_ cell: RollupCell) {
        let extremes = cell.extremes
        // No less than the least value and no more than the greatest, which are exact.
        percentiles = cell.histogram.percentiles(Self.percents).map {
            min(max($0, extremes.lowerBound), extremes.upperBound)
        }
        guard cell.measured.count > 0, percentiles.count == Self.percents.count else { return nil }
        average = cell.measured.average
        self.extremes = extremes
    }
}
