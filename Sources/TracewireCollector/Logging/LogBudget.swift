/// How much may still be logged in this minute. Lines beyond it are dropped, and counted for the next one that is not.
struct LogBudget {
    private static let period = Duration.seconds(60)

    private let bytesPerPeriod: Int
    private var periodEnd: ContinuousClock.Instant?
    private var spent = 0
    private(set) var dropped = 0

    init(bytesPerMinute: Int) {
        bytesPerPeriod = bytesPerMinute
    }

    /// Whether a line of so many bytes may be written. If so, how many were dropped since the last one that was.
    mutating func admit(_ bytes: Int, at now: ContinuousClock.Instant) -> Int? {
        if periodEnd.map({ now >= $0 }) ?? true {
            periodEnd = now + Self.period
            spent = 0
        }
        // The first line of a minute is written however long it is: who allows little still hears of everything now and then.
        guard spent == 0 || spent + bytes <= bytesPerPeriod else {
            dropped += 1
            return nil
        }
        spent += bytes
        return takeDropped()
    }

    /// A line had no room after all.
    mutating func drop(_ count: Int = 1) {
        dropped += count
    }

    mutating func takeDropped() -> Int {
        defer { dropped = 0 }
        return dropped
    }
}
