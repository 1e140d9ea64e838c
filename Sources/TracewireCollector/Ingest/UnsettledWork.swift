internal import NIOConcurrencyHelpers

/// Bounds the memory of all batches that have arrived and are not settled yet.
///
/// Credit bounds their raw bytes, and what a batch is taken apart into can weigh hundreds of times as much: a record may
/// have two bytes. Beyond the bound no batch is taken apart, and no connection that sends is read from, until the writer has
/// come that far.
final class UnsettledWork: Sendable {
    private struct State {
        var bytes = 0
        var waiting: [@Sendable () -> Void] = []
    }

    let limit: Int
    private let state = NIOLockedValueBox(State())

    /// - Parameter limit: bytes. One batch of each event loop may go beyond it.
    init(limit: Int) {
        self.limit = limit
    }

    /// What has arrived and is not settled.
    var bytes: Int { state.withLockedValue { $0.bytes } }

    func arrived(_ bytes: Int) {
        state.withLockedValue { $0.bytes += bytes }
    }

    func settled(_ bytes: Int) {
        let waiting = state.withLockedValue { state in
            state.bytes -= bytes
            guard state.bytes < limit else { return [@Sendable () -> Void]() }
            defer { state.waiting = [] }
            return state.waiting
        }
        for resume in waiting { resume() }
    }

    /// Whether the connection must wait. If so, `resume` is called once, on any thread, when it may go on. Connections
    /// that wait are at most as many as there may be.
    func mustWait(resume: @escaping @Sendable () -> Void) -> Bool {
        state.withLockedValue { state in
            guard state.bytes >= limit else { return false }
            state.waiting.append(resume)
            return true
        }
    }
}
