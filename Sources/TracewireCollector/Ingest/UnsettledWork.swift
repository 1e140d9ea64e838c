internal import NIOConcurrencyHelpers

/// Bounds the memory of all batches that have arrived and are not settled yet.
///
/// Credit bounds their raw bytes, and what a batch is taken apart into can weigh hundreds of times as much: a record may
/// have two bytes. Whoever has their share of the bound has no batch taken apart, and is not read from where they send, until
/// the writer has come that far; the others go on.
final class UnsettledWork: Sendable {
    /// Some bytes of somebody's.
    struct Part: Sendable {
        let owner: Owner
        let bytes: Int
    }

    private struct Waiting {
        let owner: Owner
        let resume: @Sendable () -> Void
    }

    private struct State {
        var shares: FairShares
        var waiting: [Waiting] = []
    }

    let limit: Int
    private let state: NIOLockedValueBox<State>

    /// - Parameters:
    ///   - limit: bytes. One batch of each event loop may go beyond it.
    ///   - projects: how many there may be that have a part of their own, which a large batch of another one does not take.
    init(limit: Int, projects: Int) {
        self.limit = limit
        state = NIOLockedValueBox(State(shares: FairShares(of: limit, projects: projects)))
    }

    /// What has arrived and is not settled.
    var bytes: Int { state.withLockedValue { $0.shares.taken } }

    /// How many bytes more may wait of somebody's. The last batch may go beyond that.
    func left(to owner: Owner) -> Int { state.withLockedValue { $0.shares.left(to: owner) } }

    func arrived(_ part: Part) {
        state.withLockedValue { $0.shares.take(part.bytes, for: part.owner) }
    }

    func settled(_ parts: [Part]) {
        let resumed = state.withLockedValue { state in
            for part in parts { state.shares.give(back: part.bytes, of: part.owner) }
            let resumed = state.waiting.filter { state.shares.left(to: $0.owner) > 0 }
            state.waiting.removeAll { state.shares.left(to: $0.owner) > 0 }
            return resumed
        }
        for waiting in resumed { waiting.resume() }
    }

    /// Whether a connection of `owner` must wait. If so, `resume` is called once, on any thread, when it may go on.
    /// Connections that wait are at most as many as there may be.
    func mustWait(_ owner: Owner, resume: @escaping @Sendable () -> Void) -> Bool {
        state.withLockedValue { state in
            guard state.shares.left(to: owner) <= 0 else { return false }
            state.waiting.append(Waiting(owner: owner, resume: resume))
            return true
        }
    }
}
