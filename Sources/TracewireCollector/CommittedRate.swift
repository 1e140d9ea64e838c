/// What was committed in the last minute, by second: a ring, however long the collector runs.
struct CommittedRate: Sendable {
    /// For each second of the last minute.
    struct Rate: Equatable, Sendable {
        var records = 0.0
        var bytes = 0.0
    }

    private struct Slot {
        var second: Int64 = .min
        var records = 0
        var bytes = 0
    }

    private static let seconds: Int64 = 60

    private let start: ContinuousClock.Instant
    private var slots = Array(repeating: Slot(), count: Int(seconds))

    init(start: ContinuousClock.Instant = .now) {
        self.start = start
    }

    mutating func add(records: Int, bytes: Int, at now: ContinuousClock.Instant = .now) {
        let second = second(now)
        let place = Int(second % Self.seconds)
        if slots[place].second != second { slots[place] = Slot(second: second) }
        slots[place].records += records
        slots[place].bytes += bytes
    }

    /// Over the last minute, or over the time since the start if that is less.
    func rate(at now: ContinuousClock.Instant = .now) -> Rate {
        let second = second(now)
        let recent = slots.filter { $0.second > second - Self.seconds && $0.second <= second }
        let length = Double(min(Self.seconds, second + 1))
        return Rate(
            records: Double(recent.reduce(0) { $0 + $1.records }) / length,
            bytes: Double(recent.reduce(0) { $0 + $1.bytes }) / length)
    }

    private func second(_ instant: ContinuousClock.Instant) -> Int64 {
        max(0, start.duration(to: instant).components.seconds)
    }
}
