internal import NIOConcurrencyHelpers
internal import TracewireProtocol

/// Who waits for something to be committed. A watcher is told once, and asks again when it has read: so however slowly it
/// reads, nothing waits for it here.
final class FeedWatchers: Sendable {
    private struct Watcher: Hashable {
        let connection: Int
        let id: UInt64
    }

    private struct State {
        var position: UInt64 = 0
        var isStopping = false
        var waiting: [Watcher: (after: UInt64, connection: ConnectionReference)] = [:]
    }

    private let state = NIOLockedValueBox(State())

    /// How many wait.
    var count: Int { state.withLockedValue { $0.waiting.count } }

    /// Answers at once, if it can; else when the position is beyond `after`.
    ///
    /// Each connection has a bounded number of ids, and so no more watchers.
    func watch(after: UInt64, id: UInt64, _ connection: ConnectionReference) -> Summary? {
        state.withLockedValue { state in
            if state.isStopping { return .shuttingDown }
            guard state.position <= after else { return Summary(position: state.position) }
            state.waiting[Watcher(connection: connection.number, id: id)] = (after, connection)
            return nil
        }
    }

    /// Returns whether it was still waiting.
    func cancel(id: UInt64, connection: Int) -> Bool {
        state.withLockedValue { $0.waiting.removeValue(forKey: Watcher(connection: connection, id: id)) != nil }
    }

    /// Events up to this one are durable and visible.
    func moved(to position: UInt64) {
        let ready: [(Watcher, ConnectionReference)] = state.withLockedValue { state in
            guard state.position != position else { return [] }
            state.position = position
            let ready = state.waiting.filter { $0.value.after < position }.map { ($0.key, $0.value.connection) }
            for (watcher, _) in ready { state.waiting[watcher] = nil }
            return ready
        }
        answer(ready, Summary(position: position))
    }

    /// Nothing will be committed any more.
    func stop() {
        let waiting = state.withLockedValue { state in
            state.isStopping = true
            defer { state.waiting = [:] }
            return state.waiting.map { ($0.key, $0.value.connection) }
        }
        answer(waiting, .shuttingDown)
    }

    private func answer(_ watchers: [(Watcher, ConnectionReference)], _ summary: Summary) {
        for (watcher, connection) in watchers {
            connection.execute { $0.watchEnded(watcher.id, summary) }
        }
    }
}
