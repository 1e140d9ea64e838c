/// Counts as a row of bars: `▁▃ █▆`. The highest is a whole one, and where there is none there is a space.
enum Sparkline {
    private static let bars = ["▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"]

    /// One bar for each count.
    static func text(_ counts: [Int64]) -> String {
        let highest = Double(max(1, counts.max() ?? 1))
        return counts.map { count in
            guard count > 0 else { return " " }
            let eighths = (Double(count) / highest * Double(bars.count)).rounded(.up)
            return bars[min(max(1, Int(eighths)), bars.count) - 1]
        }.joined()
    }

    /// How many neighbours have to be one for there to be at most `limit`.
    static func periodsPerBar(_ count: Int, limit: Int?) -> Int {
        guard let limit, limit > 0 else { return 1 }
        return max(1, (count + limit - 1) / limit)
    }
}
