internal import TracewireProtocol

/// What the rows are that one cell counts. The numbers are in the database.
enum RollupKind: UInt8 {
    case pending = 1
    case running = 2
    case completed = 3
    case failed = 4
    case cancelled = 5
    case skipped = 6
    /// A generation without an error.
    case call = 7
    /// A generation with one.
    case failedCall = 8
    case user = 9
    /// A record in `rejected_records`.
    case rejected = 10

    init(_ status: Status) {
        self =
            switch status {
            case .pending: .pending
            case .running: .running
            case .completed: .completed
            case .failed: .failed
            case .cancelled: .cancelled
            case .skipped: .skipped
            }
    }

    /// The status that this counts, if it counts one.
    var status: Status? { Status(rawValue: UInt32(rawValue)) }

    /// For choosing several kinds in one number.
    var bit: Int64 { 1 << Int64(rawValue) }

    static func bits(_ kinds: [RollupKind]) -> Int64 { kinds.reduce(0) { $0 | $1.bit } }
}

/// A sum of values of which some may be absent.
struct RollupSum: Equatable {
    /// How many values were there.
    var count: Int64 = 0
    /// Wider than a value, so that no traffic makes it overflow.
    var sum: Int128 = 0

    mutating func add(_ value: Int64?, times: Int64) {
        guard let value else { return }
        count = count.addingClamped(times)
        sum = sum.addingClamped(Int128(value) * Int128(times))
    }

    mutating func add(_ other: RollupSum) {
        count = count.addingClamped(other.count)
        sum = sum.addingClamped(other.sum)
    }

    /// Of at least one value. The conversion from the wider integer is slow, and hardly ever needed.
    var average: Double { (Int64(exactly: sum).map(Double.init) ?? Double(sum)) / Double(count) }

    /// Never below nothing, should more be taken away than was added.
    mutating func clamp() {
        guard count <= 0 || sum < 0 else { return }
        self = RollupSum(count: max(0, count), sum: count <= 0 ? 0 : max(0, sum))
    }

    /// As an integer, the largest one if it is larger.
    var clamped: Int64 { Int64(clamping: sum) }
}

/// What a generation used.
struct RollupTokens: Equatable {
    var prompt = RollupSum()
    var completion = RollupSum()
    var total = RollupSum()

    mutating func add(_ other: RollupTokens) {
        prompt.add(other.prompt)
        completion.add(other.completion)
        total.add(other.total)
    }

    mutating func clamp() {
        prompt.clamp()
        completion.clamp()
        total.clamp()
    }
}

/// The rows of one kind in one rollup: how many, and of the value that they have (a duration or latency in
/// milliseconds) the sum, the least and greatest, and the distribution.
struct RollupCell: Equatable {
    let kind: RollupKind
    var count: Int64 = 0
    var measured = RollupSum()
    /// The least and the greatest measured value; 0 to 0 where there is none.
    var extremes: ClosedRange<Int64> = 0...0
    var histogram = Histogram()
    var tokens = RollupTokens()

    init(_ kind: RollupKind) {
        self.kind = kind
    }

    var isEmpty: Bool { count == 0 && measured.count == 0 && tokens == RollupTokens() }

    /// Adds what another cell counts.
    mutating func add(_ other: RollupCell) {
        if other.measured.count > 0 {
            extremes = measured.count > 0 ? extremes.extended(by: other.extremes) : other.extremes
        }
        count = count.addingClamped(other.count)
        measured.add(other.measured)
        histogram.add(other.histogram)
        tokens.add(other.tokens)
    }

    /// - Returns: whether the least or the greatest value was taken away and cannot be told from what is left, so that
    ///   `extremes` are only bounds now.
    mutating func apply(_ change: RollupCellChange) -> Bool {
        if let added = change.added { extremes = measured.count > 0 ? extremes.extended(by: added) : added }
        count = max(0, count.addingClamped(change.count))
        measured.add(change.measured)
        measured.clamp()
        histogram.add(change.buckets)
        tokens.add(change.tokens)
        tokens.clamp()
        if measured.count == 0 {
            extremes = 0...0
            histogram = Histogram()
        }
        // The last value that is left is known: it is the sum.
        if measured.count == 1 { extremes = measured.clamped...measured.clamped }
        guard let removed = change.removed, measured.count > 1 else { return false }
        return !isLeastKnown(without: removed) || !isGreatestKnown(without: removed)
    }

    private mutating func isLeastKnown(without removed: ClosedRange<Int64>) -> Bool {
        guard removed.lowerBound <= extremes.lowerBound else { return true }
        guard let least = histogram.knownLeast else { return false }
        extremes = least...max(least, extremes.upperBound)
        return true
    }

    private mutating func isGreatestKnown(without removed: ClosedRange<Int64>) -> Bool {
        guard removed.upperBound >= extremes.upperBound else { return true }
        guard let greatest = histogram.knownGreatest else { return false }
        extremes = min(greatest, extremes.lowerBound)...greatest
        return true
    }
}

/// What a transaction adds to one cell, and takes away from it.
struct RollupCellChange {
    let kind: RollupKind
    var count: Int64 = 0
    var measured = RollupSum()
    /// The least and greatest of the values that come.
    var added: ClosedRange<Int64>?
    /// The least and greatest of those that go.
    var removed: ClosedRange<Int64>?
    var buckets: [Histogram.Bucket] = []
    var tokens = RollupTokens()

    init(_ kind: RollupKind) {
        self.kind = kind
    }

    /// - Parameter times: 1 for a row that comes, -1 for one that goes.
    mutating func add(measured value: Int64?, _ tokens: RollupTokens?, times: Int64) {
        count = count.addingClamped(times)
        if let tokens { self.tokens.add(tokens) }
        guard let value = value.map({ max(0, $0) }) else { return }
        measured.add(value, times: times)
        buckets.append(Histogram.Bucket(number: Histogram.bucket(of: value), count: times))
        if times > 0 {
            added = added?.extended(by: value...value) ?? value...value
        } else {
            removed = removed?.extended(by: value...value) ?? value...value
        }
    }

    /// Adds all of what a cell counts.
    mutating func add(_ cell: RollupCell) {
        count = count.addingClamped(cell.count)
        measured.add(cell.measured)
        tokens.add(cell.tokens)
        buckets += cell.histogram.buckets
        if cell.measured.count > 0 { added = added?.extended(by: cell.extremes) ?? cell.extremes }
    }

    mutating func add(_ other: RollupCellChange) {
        count = count.addingClamped(other.count)
        measured.add(other.measured)
        tokens.add(other.tokens)
        buckets += other.buckets
        if let range = other.added { added = added?.extended(by: range) ?? range }
        if let range = other.removed { removed = removed?.extended(by: range) ?? range }
    }
}

extension FixedWidthInteger {
    /// The sum, or the limit that it goes beyond: what a statement from outside makes up must not stop the program.
    func addingClamped(_ other: Self) -> Self {
        let (sum, overflowed) = addingReportingOverflow(other)
        return overflowed ? (other < 0 ? .min : .max) : sum
    }

    /// The difference, likewise.
    func subtractingClamped(_ other: Self) -> Self {
        let (difference, overflowed) = subtractingReportingOverflow(other)
        return overflowed ? (other < 0 ? .max : .min) : difference
    }
}

extension ClosedRange {
    func extended(by other: ClosedRange) -> ClosedRange {
        Swift.min(lowerBound, other.lowerBound)...Swift.max(upperBound, other.upperBound)
    }
}
