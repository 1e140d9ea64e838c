/// The nodes of two runs that stand for the same step: the first of a name with the first of that name, and so on.
struct RunPairs {
    struct Pair {
        /// `nil` where the run has no such node.
        let first: AnswerRow?
        let second: AnswerRow?
    }

    private(set) var pairs: [Pair] = []

    /// - Parameters:
    ///   - first: the nodes of a run in the order in which they ran.
    ///   - second: those of the other one.
    init(_ first: [AnswerRow], _ second: [AnswerRow]) {
        let keys = (first: Self.keys(first), second: Self.keys(second))
        let places = Dictionary(zip(keys.second, keys.second.indices)) { first, _ in first }
        let known = Set(keys.first)
        for step in ListDifference.steps(keys.first, keys.second) {
            switch step {
            case .kept(let left, let right): pairs.append(Pair(first: first[left], second: second[right]))
            case .removed(let left):
                // The other run may have it in another place.
                pairs.append(Pair(first: first[left], second: places[keys.first[left]].map { second[$0] }))
            case .added(let right):
                if !known.contains(keys.second[right]) { pairs.append(Pair(first: nil, second: second[right])) }
            }
        }
    }

    /// Each node's name, and how many of that name there are up to it.
    private static func keys(_ nodes: [AnswerRow]) -> [ExactText] {
        var counts: [ExactText: Int] = [:]
        return nodes.map { node in
            let name = node.text("node_name") ?? ""
            let count = counts[ExactText(name), default: 0] + 1
            counts[ExactText(name)] = count
            return ExactText("\(count) \(name)")
        }
    }
}
