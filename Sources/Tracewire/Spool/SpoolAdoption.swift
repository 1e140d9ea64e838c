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
            for path in (try? SpoolDirectory.spools(in: directory)) ?? [] where !Task.isCancelled {
                let result = await forwarder.forward(path, nil, onlyTo: destination)
                guard result.records > 0 else { continue }
                logger.info(
                    "tracewire: records that another process had left were delivered",
                    metadata: [
                        "committed": "\(result.committed)", "rejected": "\(result.rejected)", "left": "\(result.left)",
                    ])
            }
            self?.isOver.store(true, ordering: .releasing)
            waiters.poke()
        }
        task.withLock { $0 = work }
    }

    /// What is not delivered stays where it is.
    func stop() {
        task.withLock { $0?.cancel() }
    }
}
