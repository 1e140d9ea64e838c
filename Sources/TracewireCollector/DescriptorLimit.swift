internal import Glibc
internal import NIOCore

/// How many files and sockets the process may have open, and how many of them are for connections.
///
/// There must be one left for each connection that is accepted: one that waits and cannot be accepted for want of a
/// descriptor makes the listener try again at once, and for ever.
enum DescriptorLimit {
    /// How connections share what is left.
    struct Room: Equatable {
        /// Connections that may be open.
        let connections: Int
        /// Connections beyond those that are only told that there are too many.
        let refusedAtATime: Int
    }

    /// How many connections there must be room for.
    private static let fewest = 16
    private static let mostRefused = 32
    private static let fewestRefused = 4

    /// Raises the limit as far as the system allows. Most systems start programs with 1,024, which is for those that use
    /// `select` (https://0pointer.net/blog/file-descriptor-limits.html).
    ///
    /// - Throws: `too_few_descriptors`.
    static func room(for configuration: CollectorConfiguration) throws(CollectorError) -> Room {
        let wanted = configuration.maximumConnections
        guard let raised else { return Room(connections: wanted, refusedAtATime: mostRefused) }
        let reserve = reserve(for: configuration)
        if let room = room(below: raised, reserve: reserve, wanted: wanted) { return room }
        let least = reserve + fewest + fewestRefused
        throw CollectorError(
            .tooFewDescriptors,
            """
            the system lets this process open \(raised) files and sockets, and a collector with these settings needs \
            \(least): raise the limit, with 'ulimit -n \(least)' in a shell or LimitNOFILE=\(least) in a unit of systemd
            """)
    }

    /// `nil` if `limit` is too low for `reserve` and a few connections.
    static func room(below limit: Int, reserve: Int, wanted: Int) -> Room? {
        let rest = limit - reserve
        guard rest >= fewest + fewestRefused else { return nil }
        let refused = min(mostRefused, max(fewestRefused, rest / 8))
        return Room(connections: min(wanted, rest - refused), refusedAtATime: refused)
    }

    /// For what is no connection: each thread of the queries has two connections to the database, of a file and a log
    /// each, and keeps them while its query waits for its client; each event loop has three; the metrics have their own;
    /// each other project has a writer; and the rest is for the standard one's, copies that are being made and what the
    /// process was started with.
    private static func reserve(for configuration: CollectorConfiguration) -> Int {
        let metrics = configuration.metricsPort == nil ? 0 : MetricsEndpoint.descriptors
        return 60 + 4 * QueryPool.threads(running: configuration.queryThreads)
            + 3 * NIOSingletons.groupLoopCountSuggestion + metrics
            + Project.descriptors * (configuration.maximumProjects - 1)
    }

    /// What the limit is after it was raised, once in a process; `nil` if the system does not say.
    private static let raised: Int? = {
        let resource = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
        var limit = rlimit()
        guard getrlimit(resource, &limit) == 0 else { return nil }
        let before = limit.rlim_cur
        limit.rlim_cur = limit.rlim_max
        if setrlimit(resource, &limit) != 0 { limit.rlim_cur = before }
        return Int(clamping: limit.rlim_cur)
    }()
}
