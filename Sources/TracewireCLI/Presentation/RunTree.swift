internal import TracewireProtocol

/// One run: its row, its nodes in the order in which they ran, and the calls of each.
struct Run {
    struct Node {
        let row: AnswerRow
        var generations: [AnswerRow] = []
        /// 1, and more where the same was tried before and failed.
        var attempt = 1
    }

    let workflow: AnswerRow
    private(set) var nodes: [Node] = []
    /// Calls outside of any node.
    private(set) var ownGenerations: [AnswerRow] = []

    init(workflow: AnswerRow, nodes: [AnswerRow], generations: [AnswerRow]) {
        self.workflow = workflow
        self.nodes = nodes.map { Node(row: $0) }
        countAttempts()
        var places: [Int64: Int] = [:]
        for (place, node) in nodes.enumerated() { places[node.integer("id") ?? 0] = place }
        for generation in generations {
            if let place = generation.integer("node_id").flatMap({ places[$0] }) {
                self.nodes[place].generations.append(generation)
            } else {
                ownGenerations.append(generation)
            }
        }
    }

    /// A node tries again what the last one of its name and type before it has failed to do.
    private mutating func countAttempts() {
        var last: [ExactText: Int] = [:]
        for place in nodes.indices {
            let row = nodes[place].row
            let kind = ExactText("\(row.text("node_type") ?? "") \(row.text("node_name") ?? "")")
            if let before = last.updateValue(place, forKey: kind), nodes[before].row.status() == .failed {
                nodes[place].attempt = nodes[before].attempt + 1
            }
        }
    }

    var generations: [AnswerRow] { nodes.flatMap(\.generations) + ownGenerations }

    /// From the start to the last thing that is known to have happened in it, by the clients' clocks.
    var extent: ClosedRange<Int64> {
        let start = workflow.integer("created_at") ?? 0
        let times =
            nodes.flatMap { node in ["pending_at", "started_at", "completed_at"].compactMap { node.row.integer($0) } }
            + generations.compactMap { $0.integer("created_at") }
        return start...times.reduce(max(start, workflow.integer("completed_at") ?? start), max)
    }

    var totalTokens: Int64 { Self.tokens(generations) }

    /// What calls took together.
    static func tokens(_ calls: some Sequence<AnswerRow>) -> Int64 {
        calls.reduce(0) { $0.addingReportingOverflow($1.integer("total_tokens") ?? 0).partialValue }
    }
}

// How people name what a run consists of.
extension Run {
    /// Whether a node has that name, or that place in the order.
    static func `is`(_ node: AnswerRow, named name: String) -> Bool {
        node.text("node_name").map { ExactText($0) } == ExactText(name)
            || node.integer("execution_order").map(String.init) == name
    }

    /// - Throws: ``CommandFailure`` if there is none.
    func nodes(named name: String) throws -> [Node] {
        let found = nodes.filter { Self.is($0.row, named: name) }
        guard !found.isEmpty else { throw Self.missing(node: name) }
        return found
    }

    static func missing(node name: String) -> CommandFailure {
        CommandFailure(.failed, "the run has no node '\(name)' (not_found): 'tracewire show' lists its nodes")
    }

    /// The call of that number in the tree, or of that UUID or the beginning of one.
    ///
    /// - Throws: ``CommandFailure`` if there is none, or more than one.
    func generation(named name: String) throws -> AnswerRow {
        let all = generations
        if let number = Int(name), !name.hasPrefix("0"), all.indices.contains(number - 1) { return all[number - 1] }
        let digits = name.lowercased().filter { $0 != "-" }
        let found = all.filter { $0.text("uuid").map { $0.filter { $0 != "-" }.hasPrefix(digits) } ?? false }
        guard let call = found.first, !digits.isEmpty else {
            throw CommandFailure(
                .failed, "the run has no call '\(name)' (not_found): it has \(Plural.of(all.count, "call"))")
        }
        guard found.count == 1 else {
            throw CommandFailure(
                .failed,
                "the UUIDs of \(found.count) calls begin with '\(name)' (invalid_argument): name one by its number, 1 to "
                    + "\(all.count) as they stand in the tree")
        }
        return call
    }
}

/// A bar on the time line of a run.
struct Bar {
    let extent: ClosedRange<Int64>
    let columns: Int

    /// From `start` to `end`, at least one column; empty where the start is not known.
    func drawn(_ start: Int64?, _ end: Int64?) -> String {
        guard let start, columns > 0 else { return "" }
        let first = min(column(start), columns - 1)
        let last = max(column(end ?? extent.upperBound), first + 1)
        return String(repeating: " ", count: first) + String(repeating: "█", count: last - first)
    }

    private func column(_ time: Int64) -> Int {
        let length = extent.upperBound - extent.lowerBound
        guard length > 0 else { return 0 }
        let inside = min(max(time, extent.lowerBound), extent.upperBound) - extent.lowerBound
        return Int((Double(inside) / Double(length) * Double(columns)).rounded(.down))
    }
}
