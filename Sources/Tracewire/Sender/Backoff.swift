/// How long to wait before the next attempt: doubling, and drawn at random, so that clients which lost their collector
/// together do not come back together.
struct Backoff: Sendable {
    private let configuration: TracewireConfiguration.Backoff
    private var failures = 0

    init(_ configuration: TracewireConfiguration.Backoff) {
        self.configuration = configuration
    }

    /// Something went well: the next wait is the shortest again.
    mutating func reset() {
        failures = 0
    }

    /// The next wait: at least `least`, which a collector tells all of its clients alike, and so something beyond it.
    mutating func next(atLeast least: Duration, using random: inout some RandomNumberGenerator) -> Duration {
        // Thirty doublings are more than any maximum needs.
        let ceiling = min(configuration.initial * (1 << min(failures, 30)), configuration.maximum)
        failures += 1
        return least + Self.jittered(ceiling, &random)
    }

    /// The wait after a refusal that only a person can resolve.
    func rare(atLeast least: Duration, using random: inout some RandomNumberGenerator) -> Duration {
        least + Self.jittered(configuration.rare, &random)
    }

    private static func jittered(_ ceiling: Duration, _ random: inout some RandomNumberGenerator) -> Duration {
        ceiling / 2 * Double.random(in: 1...2, using: &random)
    }
}
