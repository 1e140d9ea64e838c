internal import NIOCore
internal import Synchronization

/// Tasks that wait until something holds. Whoever may have made it hold pokes.
///
/// There is one entry for each waiting task, and each waits no longer than its timeout, if it has one.
final class ConditionWaiters: Sendable {
    private struct Waiter {
        let holds: @Sendable () -> Bool
        let continuation: CheckedContinuation<Void, Never>
    }

    private struct State {
        var waiters: [UInt64: Waiter] = [:]
        var lastId: UInt64 = 0
    }

    private let state = Mutex(State())

    /// Returns when `holds`, when the time is over, or when the task is cancelled: ask again which it was.
    func wait(timeout: Duration?, on eventLoop: any EventLoop, until holds: @escaping @Sendable () -> Bool) async {
        if holds() { return }
        let id = state.withLock { state in
            state.lastId += 1
            return state.lastId
        }
        let timer = timeout.map { eventLoop.scheduleTask(in: TimeAmount($0)) { self.resume(id) } }
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                state.withLock { $0.waiters[id] = Waiter(holds: holds, continuation: continuation) }
                // It may have come to hold, or been cancelled, while nobody waited yet.
                if Task.isCancelled || holds() { resume(id) }
            }
        } onCancel: {
            resume(id)
        }
        timer?.cancel()
    }

    /// Lets those go on for whom it holds now.
    func poke() {
        let ready = state.withLock { state in
            state.waiters.filter { $0.value.holds() }.map(\.key)
        }
        for id in ready { resume(id) }
    }

    private func resume(_ id: UInt64) {
        let waiter = state.withLock { $0.waiters.removeValue(forKey: id) }
        waiter?.continuation.resume()
    }
}
