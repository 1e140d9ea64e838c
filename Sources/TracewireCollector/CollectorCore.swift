internal import Logging
internal import Synchronization
internal import TracewireProtocol

/// What all connections of a collector share. Each part guards itself.
final class CollectorCore: Sendable {
    let name = "tracewire"
    let configuration: CollectorConfiguration
    let logger: Logger
    let queue = CommitQueue()
    let counters = CollectorCounters()
    let connections: ConnectionRegistry
    let budget: CreditBudget
    let windows: WindowBudget
    let frames = FrameBudget(bytes: 64 << 20)
    let unsettled = UnsettledWork(limit: 64 << 20)
    let queries: QueryPool
    let status: StatusReport
    let phase = CollectorPhase()
    let watchers = FeedWatchers()
    private let connectionNumber = Atomic<Int>(0)

    init(_ configuration: CollectorConfiguration, logger: Logger) throws(CollectorError) {
        self.configuration = configuration
        self.logger = logger
        let room = try DescriptorLimit.room(for: configuration)
        if room.connections < configuration.maximumConnections {
            logger.warning(
                "the system lets this process have fewer connections than configured; raise its limit of open files",
                metadata: ["connections": "\(room.connections)", "configured": "\(configuration.maximumConnections)"])
        }
        connections = ConnectionRegistry(limit: room.connections, refusedAtATime: room.refusedAtATime)
        budget = CreditBudget(bytes: configuration.ingestBytes)
        windows = WindowBudget(bytes: configuration.windowBytes)
        status = StatusReport(
            startedMs: WallClock.nowMs(), databasePath: configuration.databasePath, queue: queue, budget: budget,
            counters: counters, name: name)
        queries = QueryPool(
            runner: QueryRunner(configuration: configuration, queue: queue, status: status),
            running: configuration.queryThreads, counters: counters)
    }

    func nextConnectionNumber() -> Int {
        connectionNumber.wrappingAdd(1, ordering: .relaxed).newValue
    }
}
