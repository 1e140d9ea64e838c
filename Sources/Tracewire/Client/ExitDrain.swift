internal import Glibc
internal import NIOConcurrencyHelpers
internal import NIOPosix

/// Lets the clients of a program that ends by itself send what they have: a script would else be over before its last
/// records have left, and leave them to the next program that uses the spool.
///
/// It runs where `exit` does, or the end of `main`, and not where the process is killed.
enum ExitDrain {
    /// How many senders have not stopped.
    private final class Remaining: Sendable {
        private let count: NIOLockedValueBox<Int>
        private let areAllStopped = ConditionLock(value: false)

        init(_ count: Int) {
            self.count = NIOLockedValueBox(count)
        }

        func oneStopped() {
            let left = count.withLockedValue { count in
                count -= 1
                return count
            }
            guard left == 0 else { return }
            areAllStopped.lock()
            areAllStopped.unlock(withValue: true)
        }

        /// Bounded, as an event loop that was shut down never answers.
        func wait(_ time: Duration) {
            if areAllStopped.lock(whenValue: true, timeoutSeconds: time / .seconds(1)) { areAllStopped.unlock() }
        }
    }

    private struct Client: Sendable {
        weak var core: ClientCore?
        weak var sender: BatchSender?
    }

    private static let clients = NIOLockedValueBox<[Client]>([])
    /// A child that was forked off has none of the threads that would send.
    private static let mark = ProcessMark()
    private static let isRegistered = atexit { ExitDrain.run() } == 0

    static func register(_ core: ClientCore) {
        guard isRegistered, mark.isOwn else { return }
        clients.withLockedValue { clients in
            clients.removeAll { $0.sender == nil }
            clients.append(Client(core: core, sender: core.sender))
        }
    }

    private static func run() {
        // Nobody else would send while this thread waits, were it one of NIO's.
        guard mark.isOwn, MultiThreadedEventLoopGroup.currentEventLoop == nil else { return }
        let living = clients.withLockedValue { $0 }
        for client in living { client.core?.finishRecording() }
        let busy = living.compactMap(\.sender).filter { $0.hasWork && !$0.currentCounts.isStopped }
        guard let longest = busy.map(\.configuration.exitDrain).max() else { return }
        let left = Remaining(busy.count)
        for sender in busy { sender.drainAtExit { left.oneStopped() } }
        left.wait(longest)
    }
}
