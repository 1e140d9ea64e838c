/// How often the writer looks after the database although it is never idle, by the clock of its commits.
struct MaintenancePace {
    /// A step takes some milliseconds and its own flush to the disk.
    private static let intervalMs: Int64 = 100

    private var lastMs: Int64?

    /// Whether a step is due at `nowMs`. If it is, it counts as done.
    mutating func takeStep(nowMs: Int64) -> Bool {
        // A clock that was set back must not stop it for as long.
        if let lastMs, lastMs <= nowMs, nowMs - lastMs < Self.intervalMs { return false }
        lastMs = nowMs
        return true
    }
}
