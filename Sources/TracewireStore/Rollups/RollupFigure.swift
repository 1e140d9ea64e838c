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

    /// Whether it reads more than counts and tokens.
    var isOfDistribution: Bool {
        switch self {
        case .count, .promptTokens, .completionTokens, .totalTokens: false
        case .average, .minimum, .maximum, .p50, .p90, .p95, .p99: true
        }
    }

    /// Of the cells together; `nil` where no row has a value.
    func value(_ cell: RollupCell) -> RollupValue? {
        let measured = cell.measured
        switch self {
        case .count: return .integer(cell.count)
        case .promptTokens: return Self.sum(cell.tokens.prompt)
        case .completionTokens: return Self.sum(cell.tokens.completion)
        case .totalTokens: return Self.sum(cell.tokens.total)
        case _ where measured.count == 0: return nil
        case .average: return .real(Double(measured.sum) / Double(measured.count))
        case .minimum: return .integer(cell.extremes.lowerBound)
        case .maximum: return .integer(cell.extremes.upperBound)
        case .p50: return Self.percentile(50, cell)
        case .p90: return Self.percentile(90, cell)
        case .p95: return Self.percentile(95, cell)
        case .p99: return Self.percentile(99, cell)
        }
    }

    private static func sum(_ sum: RollupSum) -> RollupValue? {
        sum.count > 0 ? .integer(sum.clamped) : nil
    }

    /// No less than the least value and no more than the greatest, which are exact.
    private static func percentile(_ percent: Int64, _ cell: RollupCell) -> RollupValue? {
        cell.histogram.percentile(percent).map {
            .integer(min(max($0, cell.extremes.lowerBound), cell.extremes.upperBound))
        }
    }
}

enum RollupValue: Equatable {
    case integer(Int64)
    case real(Double)
}
