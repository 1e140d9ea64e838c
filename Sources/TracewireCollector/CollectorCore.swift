internal import Logging
internal import Synchronization
internal import TracewireProtocol

/// What all connections of a collector share. Each part guards itself.
final class CollectorCore: Sendable {
    let name = "tracewire"
    let configuration: CollectorConfiguration
    let logger: Logger
    /// Of the whole collector, and of its standard project.
    let counters = CollectorCounters()
    let access: AccessControl
    let projects: Projects
    let connections: ConnectionRegistry
    let budget: CreditBudget
    let windows: WindowBudget
    /// `nil` where tokens may send as fast as they can.
    let rates: IngestRates?
    /// `nil` where there is no limit to them.
    let offences: Offences?
    let frames = FrameBudget(bytes: 64 << 20)
    let unsettled: UnsettledWork
    let queries: QueryPool
    let phase = CollectorPhase()
    /// `nil` where connections are not encrypted.
    let certificates: ServerCertificates?
    private let connectionNumber = Atomic<Int>(0)

    init(_ configuration: CollectorConfiguration, access: AccessControl, logger: Logger) throws(CollectorError) {
        self.configuration = configuration
        self.access = access
        self.logger = logger
        certificates = try CertificateFiles(configuration).map { (files) throws(CollectorError) in
            try ServerCertificates(files, logger: logger)
        }
        let room = try DescriptorLimit.room(for: configuration)
        if room.connections < configuration.maximumConnections {
            logger.warning(
                "the system lets this process have fewer connections than configured; raise its limit of open files",
                metadata: ["connections": "\(room.connections)", "configured": "\(configuration.maximumConnections)"])
        }
        connections = ConnectionRegistry(
            limit: room.connections, limitPerToken: configuration.tokenConnections,
            refusedAtATime: room.refusedAtATime)
        budget = CreditBudget(bytes: configuration.ingestBytes, projects: configuration.maximumProjects)
        unsettled = UnsettledWork(limit: 64 << 20, projects: configuration.maximumProjects)
        rates = configuration.tokenBytesPerSecond.map { IngestRates(bytesPerSecond: $0) }
        offences =
            configuration.offencesPerMinute == 0
            ? nil : Offences(perMinute: configuration.offencesPerMinute, counters: counters, logger: logger)
        windows = WindowBudget(bytes: configuration.windowBytes)
        projects = Projects(
            counters: counters,
            in: ProjectSurroundings(
                name: name, startedMs: WallClock.nowMs(), configuration: configuration, budget: budget,
                unsettled: unsettled, access: access, certificates: certificates, logger: logger))
        queries = QueryPool(
            runner: QueryRunner(configuration: configuration), running: configuration.queryThreads)
    }

    func nextConnectionNumber() -> Int {
        connectionNumber.wrappingAdd(1, ordering: .relaxed).newValue
    }
}
