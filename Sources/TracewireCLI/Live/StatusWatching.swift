internal import Tracewire

/// Asks a collector again and again how it is. One that goes away is waited for.
struct StatusWatching {
    enum Sight {
        case status(CollectorStatus)
        /// Nobody is there. Said again for as long as that is so.
        case away
    }

    /// How often it is looked whether the collector is back, at least.
    private static let longestPause = Duration.seconds(1)

    let address: CollectorAddress
    let access: CollectorAccess
    let interval: Duration
    let sight: (Sight) throws -> Void

    /// Goes on until the task is cancelled.
    ///
    /// - Throws: ``CommandFailure`` if there is no collector at the beginning, or it refuses; what `sight` throws.
    func run() async throws {
        var wasThere = false
        while true {
            do {
                try await RemoteCollector.with(address, access: access) { collector in
                    while true {
                        let status = try await CollectorStatus(of: collector)
                        wasThere = true
                        try sight(.status(status))
                        try await Task.sleep(for: interval)
                    }
                }
            } catch let failure as CommandFailure where failure.isPassing && wasThere {
                try sight(.away)
                try await Task.sleep(for: min(interval, Self.longestPause))
            }
        }
    }
}
