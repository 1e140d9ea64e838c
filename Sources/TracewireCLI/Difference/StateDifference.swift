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

    /// The changes from the last state that a node recorded to this one.
    mutating func next(_ text: String?) -> Change {
        guard let text else { return .none }
        guard let next = JSONReading.value(text) else { return .unreadable }
        defer { state = next }
        return .changed(JSONDifference.changes(from: state, to: next))
    }
}
