/// Looks now and then whether the query that this thread runs must end, while a function works that SQLite cannot interrupt.
struct Pace {
    /// They take less than a millisecond.
    private static let stepsBetweenLooks = 1 << 16

    private var steps = 0
    /// Whether the query must end, as far as was looked.
    private(set) var hasEnded = false

    /// Whether the query must end. To be asked before each step, or before so many.
    mutating func isOver(steps count: Int = 1) -> Bool {
        steps += count
        guard steps >= Self.stepsBetweenLooks else { return hasEnded }
        steps = 0
        hasEnded = hasEnded || MemoryBudget.isOver
        return hasEnded
    }
}
