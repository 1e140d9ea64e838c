internal import Logging
internal import NIOCore
internal import Synchronization
internal import TracewireProtocol

/// Delivers, one after the other, the spools that other processes have left for the same collector in the directory of
/// this one. It begins with the client, and ends with it or when nothing is left.
final class SpoolAdoption: Sendable {
    private let task = Mutex<Task<Void, Never>?>(nil)
    private let isOver = Atomic<Bool>(false)

    var isDone: Bool { isOver.load(ordering: .acquiring) }

    init(_ configuration: TracewireConfiguration, _ waiters: ConditionWaiters, logger: Logger, eventLoop: any EventLoop)
    {
        guard configuration.isEnabled, case .directory(let directory) = configuration.spool else {
            isOver.store(true, ordering: .releasing)
            return
        }
        let forwarder = SpoolForwarder(configuration, logger: logger, eventLoop: eventLoop)
        let destination = configuration.destination
        // Detached: it is not part of whatever the client was made in.
        let work = Task.detached(priority: .background) { [weak self] in
            // What cannot be listed cannot be written to either, which is said elsewhere.
            let spools = (try? SpoolDirectory.spools(in: directory)) ?? []
            // First, as it waits for nobody: programs that crash over and over while no collector is there leave many.
            for path in spools where !Task.isCancelled { await forwarder.tidy(path) }
            for path in spools where !Task.isCancelled {
                Self.say(await forwarder.forward(path, nil, onlyTo: destination), logger)
            }
            self?.isOver.store(true, ordering: .releasing)
            waiters.poke()
        }
        task.withLock { $0 = work }
    }

    private static func say(_ spool: ForwardedSpool, _ logger: Logger) {
        if spool.state == .unreadable {
            logger.warning(
                "tracewire: what another process has left cannot be delivered",
                metadata: ["reason": "\(spool.error ?? "")"])
        }
        guard spool.records > 0 else { return }
        logger.info(
            "tracewire: records that another process had left were delivered",
            metadata: [
                "committed": "\(spool.committed)", "rejected": "\(spool.rejected)", "left": "\(spool.left)",
            ])
    }

    /// What is not delivered stays where it is.
    func stop() {
        task.withLock { $0?.cancel() }
    }
}
