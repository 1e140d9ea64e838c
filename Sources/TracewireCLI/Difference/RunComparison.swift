internal import TracewireProtocol

/// Compares the nodes of two runs, a few at a time: their values may be large, and their nodes many.
struct RunComparison {
    /// A node of one run or of both, and in what they differ.
    struct Node {
        let first: AnswerRow?
        let second: AnswerRow?
        /// Empty for a node that only one run has.
        let differences: [FieldDifference]
    }

    private static let nodesAtATime = 64

    let collector: any Answering

    /// Calls `body` with each node in order.
    func compare(
        _ first: AnswerRow, _ second: AnswerRow, _ body: (Node) throws -> Void
    ) async throws {
        let pairs = RunPairs(try await nodes(of: first), try await nodes(of: second)).pairs
        for start in stride(from: 0, to: pairs.count, by: Self.nodesAtATime) {
            let chunk = pairs[start..<min(start + Self.nodesAtATime, pairs.count)]
            let both = chunk.filter { $0.first != nil && $0.second != nil }
            let values = try await values(of: both.flatMap { [$0.first, $0.second].compactMap { $0?.integer("id") } })
            for pair in chunk { try body(Self.node(pair, values)) }
        }
    }

    private static func node(_ pair: RunPairs.Pair, _ values: [Int64: Run.Node]) -> Node {
        guard let first = pair.first?.integer("id").flatMap({ values[$0] }),
            let second = pair.second?.integer("id").flatMap({ values[$0] })
        else { return Node(first: pair.first, second: pair.second, differences: []) }
        return Node(
            first: pair.first, second: pair.second, differences: FieldDifferences.between(first, second))
    }

    private func nodes(of run: AnswerRow) async throws -> [AnswerRow] {
        let statement = """
            SELECT id, node_name, node_type, execution_order, status FROM nodes WHERE workflow_id = ?
            ORDER BY execution_order, id
            """
        return try await collector.rows(.sql(text: statement, parameters: [.integer(run.integer("id") ?? 0)]))
    }

    private func values(of nodes: [Int64]) async throws -> [Int64: Run.Node] {
        guard !nodes.isEmpty else { return [:] }
        let keys = nodes.map(String.init).joined(separator: ", ")
        let rows = try await collector.rows(
            .sql(
                text: """
                    SELECT id, status, input_data, output_data, state_data, error_message, error_traceback
                    FROM nodes WHERE id IN (\(keys))
                    """, parameters: []))
        let calls = try await collector.rows(
            .sql(
                text: """
                    SELECT node_id, model_name, model_provider, system_prompt, user_prompt, temperature, max_tokens, output,
                    parsed_output, error_message
                    FROM generations WHERE node_id IN (\(keys)) ORDER BY created_at, id
                    """, parameters: []))
        let own = Dictionary(grouping: calls) { $0.integer("node_id") ?? 0 }
        return rows.reduce(into: [:]) { found, row in
            let id = row.integer("id") ?? 0
            found[id] = Run.Node(row: row, generations: own[id] ?? [])
        }
    }
}
