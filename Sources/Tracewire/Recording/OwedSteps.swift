internal import Synchronization

/// What must be recorded before something else can be.
protocol Beginning: AnyObject, Sendable {
    /// Records what of it is owed. Returns whether what rests on it may be recorded.
    func settleBeginning() -> Bool
}

/// Workflows and nodes that owe a step, because a full queue has shed it, for when there is room again.
///
/// Without this an end that was shed would wait for ever: nothing comes after it.
final class OwedSteps: Sendable {
    /// Of workflows and nodes beyond these, steps are recorded only before their own next one, or when their scope ends, and
    /// count as lost until then.
    static let limit = 1_024

    private struct State {
        var nodes: [TransitionGate] = []
        /// Their ends come after those of nodes.
        var workflows: [TransitionGate] = []
        var isSettling = false
        var isOver = false

        var count: Int { nodes.count + workflows.count }

        mutating func append(_ gate: TransitionGate) {
            if gate.entity == .node { nodes.append(gate) } else { workflows.append(gate) }
        }

        mutating func takeFirst() -> TransitionGate? {
            if !nodes.isEmpty { return nodes.removeFirst() }
            return workflows.isEmpty ? nil : workflows.removeFirst()
        }

        /// Returns `false` if it is over.
        mutating func putBack(_ gate: TransitionGate) -> Bool {
            guard !isOver else { return false }
            if gate.entity == .node { nodes.insert(gate, at: 0) } else { workflows.insert(gate, at: 0) }
            return true
        }
    }

    private let state = Mutex(State())
    /// So that a record costs one load where nothing is owed.
    private let count = Atomic<Int>(0)

    /// Returns `false` if there are too many already.
    func add(_ gate: TransitionGate) -> Bool {
        change { state in
            guard state.count < Self.limit, !state.isOver else { return false }
            state.append(gate)
            return true
        }
    }

    /// Records what is owed, as far as there is room. Returns whether something was.
    ///
    /// What it records may lead here again, and another thread may come: only the first does anything.
    ///
    /// - Parameter limit: most workflows and nodes that are looked at, for those who must not be held up.
    @discardableResult
    func settle(atMost limit: Int = OwedSteps.limit) -> Bool {
        guard count.load(ordering: .relaxed) > 0, begin() else { return false }
        defer { change { $0.isSettling = false } }
        var settled = 0
        // Taken out first: one that is settled may owe the next step before this thread goes on.
        while settled < limit, let gate = change({ $0.takeFirst() }) {
            guard gate.settleRemembered() else {
                if !change({ $0.putBack(gate) }) { _ = gate.giveUp() }
                break
            }
            settled += 1
        }
        return settled > 0
    }

    private func begin() -> Bool {
        change { state in
            defer { state.isSettling = true }
            return !state.isSettling
        }
    }

    /// For when nothing more is recorded: what is owed counts as lost. Returns whether something was.
    @discardableResult
    func giveUp() -> Bool {
        let gates = change { state in
            defer { (state.nodes, state.workflows, state.isOver) = ([], [], true) }
            return state.nodes + state.workflows
        }
        return gates.reduce(false) { $1.giveUp() || $0 }
    }

    @discardableResult
    private func change<Result>(_ body: (inout State) -> Result) -> Result {
        state.withLock { state in
            defer { count.store(state.count, ordering: .relaxed) }
            return body(&state)
        }
    }
}
