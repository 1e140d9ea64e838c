internal import NIOCore
internal import Synchronization

/// Tasks that wait until something holds. Whoever may have made it hold pokes.
///
/// There is one entry for each waiting task, and each waits no longer than its timeout, if it has one.
final class ConditionWaiters: Sendable {
    private struct Waiter {
        let holds: @Sendable () -> Bool
        let continuation: CheckedContinuation<Void, Never>
        var timer: Scheduled<Void>?
    }

    private struct State {
        var waiters: [UInt64: Waiter] = [:]
        var lastId: UInt64 = 0
    }

    private let state = Mutex(State())

    /// Returns when `holds`, when the time is over, or when the task is cancelled: ask again which it was.
    func wait(timeout: Duration?, on eventLoop: any EventLoop, until holds: @escaping @Sendable () -> Bool) async {
        if holds() { return }
        let id = nextId()
        await withTaskCancellationHandler {
            await suspend(id, timeout, eventLoop, holds) { Task.isCancelled }
        } onCancel: {
            resume(id)
        }
    }

    /// The same for somebody who has to wait even in a task that was cancelled: for what ends a task, say.
    func waitDespiteCancellation(
        timeout: Duration, on eventLoop: any EventLoop, until holds: @escaping @Sendable () -> Bool
    ) async {
        if holds() { return }
        await suspend(nextId(), timeout, eventLoop, holds) { false }
    }

    private func nextId() -> UInt64 {
        state.withLock { state in
            state.lastId += 1
            return state.lastId
        }
    }

    private func suspend(
        _ id: UInt64, _ timeout: Duration?, _ eventLoop: any EventLoop, _ holds: @escaping @Sendable () -> Bool,
        isCancelled: () -> Bool
    ) async {
        await withCheckedContinuation { continuation in
            state.withLock { $0.waiters[id] = Waiter(holds: holds, continuation: continuation) }
            // Only now may its time begin to run out: earlier there was nobody to resume.
            if let timeout { startTimer(id, timeout, eventLoop) }
            // It may have come to hold, or been cancelled, while nobody waited yet.
            if isCancelled() || holds() { resume(id) }
        }
    }

    private func startTimer(_ id: UInt64, _ timeout: Duration, _ eventLoop: any EventLoop) {
        let timer = eventLoop.scheduleTask(in: TimeAmount(timeout)) { self.resume(id) }
        let isWaiting = state.withLock { state in
            state.waiters[id]?.timer = timer
            return state.waiters[id] != nil
        }
        if !isWaiting { timer.cancel() }
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
        waiter?.timer?.cancel()
        waiter?.continuation.resume()
    }
}
