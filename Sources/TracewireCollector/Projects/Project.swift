internal import Logging
internal import NIOConcurrencyHelpers
internal import NIOCore
internal import NIOPosix
internal import TracewireProtocol
internal import TracewireStore

/// What keeps the traces of one project: a database of its own, with its writer, what waits for that, and who follows it.
///
/// Projects share no table and no file. What is asked in one cannot name what is in another, whatever the question is.
final class Project: Sendable {
    /// Files that its writer has open: the database, its log with its shared memory, and the lock.
    static let descriptors = 4

    private enum Phase {
        case closed
        case opening([@Sendable (Result<Void, StoreError>) -> Void])
        case open
        case stopping
    }

    let name: ProjectName
    let databasePath: String
    let queue = CommitQueue()
    let counters: CollectorCounters
    let watchers = FeedWatchers()
    let status: StatusReport
    private let surroundings: ProjectSurroundings
    private let logger: Logger
    private let thread: NIOThreadPool
    private let phase = NIOLockedValueBox(Phase.closed)

    /// - Parameters:
    ///   - counters: what is counted of it, for `status`.
    ///   - thread: the writer's, which is not started.
    init(
        _ name: ProjectName, databasePath: String, counters: CollectorCounters, in surroundings: ProjectSurroundings,
        thread: NIOThreadPool = NIOThreadPool(numberOfThreads: 1)
    ) {
        self.thread = thread
        self.name = name
        self.databasePath = databasePath
        self.counters = counters
        self.surroundings = surroundings
        var logger = surroundings.logger
        if name != .standard { logger[metadataKey: "project"] = "\(name)" }
        self.logger = logger
        status = StatusReport(
            startedMs: surroundings.startedMs, configuration: surroundings.configuration, databasePath: databasePath,
            queue: queue, budget: surroundings.budget,
            counters: counters, access: surroundings.access, certificates: surroundings.certificates,
            name: surroundings.name)
    }

    /// Whether it can be written.
    var isOpen: Bool { phase.withLockedValue { if case .open = $0 { true } else { false } } }

    /// Opens the database, if that has not been done, and calls `then`, on any thread, when it can be written or cannot be
    /// opened. One that could not be opened is tried again.
    func open(_ then: @escaping @Sendable (Result<Void, StoreError>) -> Void) {
        let step = phase.withLockedValue { phase -> Step in
            switch phase {
            case .closed:
                phase = .opening([then])
                // Before anybody can stop it: what is stopped must not be started.
                thread.start()
                return .start
            case .opening(let waiting):
                // At most one a connection.
                phase = .opening(waiting + [then])
                return .wait
            case .open: return .answer(.success(()))
            case .stopping: return .answer(.failure(Self.stopping))
            }
        }
        switch step {
        case .start: startWriter()
        case .wait: break
        case .answer(let result): then(result)
        }
    }

    private static let stopping = StoreError(.cannotOpen, "the collector is stopping")

    private enum Step {
        case start
        case wait
        case answer(Result<Void, StoreError>)
    }

    /// The database is open, and whoever has opened it takes the writer's turns: the project needs no thread for it.
    func openedElsewhere() {
        phase.withLockedValue { $0 = .open }
    }

    private func startWriter() {
        thread.submit { [self] state in
            // It was stopped before its turn came.
            guard case .active = state else { return opened(.failure(Self.stopping)) }
            let loop = WriterLoop(
                configuration: surroundings.configuration, databasePath: databasePath, queue: queue, counters: counters,
                unsettled: surroundings.unsettled, watchers: watchers, logger: logger)
            loop.run(opened: opened)
        }
    }

    private func opened(_ result: Result<Void, StoreError>) {
        let waiting = phase.withLockedValue { phase -> [@Sendable (Result<Void, StoreError>) -> Void] in
            guard case .opening(let waiting) = phase else { return [] }
            if case .success = result { phase = .open } else { phase = .closed }
            return waiting
        }
        for then in waiting { then(result) }
    }

    /// Lets nobody wait for what is committed any more.
    func stopWatching() {
        watchers.stop()
    }

    /// Commits what waits, and returns when the database is closed. Doing it again does nothing.
    func stop() async {
        let waiting = phase.withLockedValue { phase -> [@Sendable (Result<Void, StoreError>) -> Void] in
            defer { phase = .stopping }
            return if case .opening(let waiting) = phase { waiting } else { [] }
        }
        for then in waiting { then(.failure(Self.stopping)) }
        queue.stop()
        // It fails only where the thread has been stopped before.
        try? await thread.shutdownGracefully()
    }
}

/// What a collector's projects have in common.
struct ProjectSurroundings: Sendable {
    let name: String
    let startedMs: Int64
    let configuration: CollectorConfiguration
    let budget: CreditBudget
    let unsettled: UnsettledWork
    let access: AccessControl
    /// `nil` where connections are not encrypted.
    let certificates: ServerCertificates?
    let logger: Logger
}
