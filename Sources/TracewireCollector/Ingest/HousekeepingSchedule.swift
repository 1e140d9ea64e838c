/// What the writer looks after between commits, beside the file.
enum HousekeepingDuty: Equatable {
    case failSilentWorkflows
    case expireProducers
}

/// When each duty is due.
struct HousekeepingSchedule {
    /// The look for silent workflows reads an index, and finds nothing for little.
    private static let silenceInterval = Duration.seconds(1)
    /// Producers are looked through one by one. An index by time would have to be written with every batch.
    private static let expiryInterval = Duration.seconds(60)

    private var due: [(duty: HousekeepingDuty, interval: Duration, next: ContinuousClock.Instant)] = []

    init(failsSilent: Bool, producersExpireAfter expiry: Duration, start: ContinuousClock.Instant) {
        if failsSilent { due.append((.failSilentWorkflows, Self.silenceInterval, start + Self.silenceInterval)) }
        // Producers that expire within seconds are looked for as often.
        let interval = max(Self.silenceInterval, min(expiry, Self.expiryInterval))
        due.append((.expireProducers, interval, start + interval))
    }

    /// The duties whose time has come. Each is due again an interval from now.
    mutating func takeDue(at now: ContinuousClock.Instant) -> [HousekeepingDuty] {
        var duties: [HousekeepingDuty] = []
        for index in due.indices where now >= due[index].next {
            duties.append(due[index].duty)
            due[index].next = now + due[index].interval
        }
        return duties
    }
}
