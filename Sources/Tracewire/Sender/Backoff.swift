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

    /// The next wait, no shorter than `least`.
    mutating func next(atLeast least: Duration, using random: inout some RandomNumberGenerator) -> Duration {
        // Thirty doublings are more than any maximum needs.
        let ceiling = min(configuration.initial * (1 << min(failures, 30)), configuration.maximum)
        failures += 1
        return max(Self.jittered(ceiling, &random), least)
    }

    /// The wait after a refusal that only a person can resolve.
    func rare(atLeast least: Duration, using random: inout some RandomNumberGenerator) -> Duration {
        max(Self.jittered(configuration.rare, &random), least)
    }

    private static func jittered(_ ceiling: Duration, _ random: inout some RandomNumberGenerator) -> Duration {
        ceiling / 2 * Double.random(in: 1...2, using: &random)
    }
}
