/// What the nodes of a run changed in its state, one after the other.
struct StateDifference {
    enum Change {
        /// The node has recorded no state.
        case none
        /// What it has recorded is no JSON.
        case unreadable
        case changed([JSONChange])
    }

    /// Before the first state there is an empty one.
    private var state = JSONValue.object(JSONMembers())
    /// What nodes of the order that ``state`` is of began with.
    private var base = JSONValue.object(JSONMembers())
    private var order: Int64?

    /// The changes to this state from the last one that a node before it recorded. Nodes of one order ran side by side: none of
    /// them has what the others changed.
    mutating func next(_ text: String?, order next: Int64?) -> Change {
        guard let text else { return .none }
        guard let value = JSONReading.value(text) else { return .unreadable }
        if next == nil || next != order { base = state }
        (state, order) = (value, next)
        return .changed(JSONDifference.changes(from: base, to: value))
    }
}
