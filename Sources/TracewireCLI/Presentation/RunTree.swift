internal import TracewireProtocol

/// One run: its row, its nodes in the order in which they ran, and the calls of each.
struct Run {
    struct Node {
        let row: AnswerRow
        var generations: [AnswerRow] = []
    }

    let workflow: AnswerRow
    private(set) var nodes: [Node] = []
    /// Calls outside of any node.
    private(set) var ownGenerations: [AnswerRow] = []

    init(workflow: AnswerRow, nodes: [AnswerRow], generations: [AnswerRow]) {
        self.workflow = workflow
        self.nodes = nodes.map { Node(row: $0) }
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

    var generations: [AnswerRow] { nodes.flatMap(\.generations) + ownGenerations }

    /// From the start to the last thing that is known to have happened in it, by the clients' clocks.
    var extent: ClosedRange<Int64> {
        let start = workflow.integer("created_at") ?? 0
        let times =
            nodes.flatMap { node in ["pending_at", "started_at", "completed_at"].compactMap { node.row.integer($0) } }
            + generations.compactMap { $0.integer("created_at") }
        return start...times.reduce(max(start, workflow.integer("completed_at") ?? start), max)
    }

    var totalTokens: Int64 {
        generations.reduce(0) { $0.addingReportingOverflow($1.integer("total_tokens") ?? 0).partialValue }
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
