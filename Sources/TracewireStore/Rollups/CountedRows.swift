internal import TracewireProtocol

/// Reads back what rollups take from rows, all of them or those of one workflow.
final class CountedRows {
    private static let nodeText = """
        SELECT node_name, node_type, status, \(Schema.timeOfNode), duration_ms FROM nodes
        """
    private static let callText = """
        SELECT g.model_name, g.model_provider, w.user_id, g.created_at, g.error_message IS NOT NULL, g.latency_ms,
            g.prompt_tokens, g.completion_tokens, g.total_tokens, n.node_name, n.node_type
        FROM generations g JOIN workflows w ON w.id = g.workflow_id LEFT JOIN nodes n ON n.id = g.node_id
        """
    private static let workflowText = "SELECT user_id, created_at, status, completed_at FROM workflows"

    private let connection: Connection
    /// Prepared at their first use, because pruning asks again and again.
    private var statements: [String: Statement] = [:]

    init(_ connection: Connection) {
        self.connection = connection
    }

    /// Notes every row of the store, in the order of the keys, which is about that of the times.
    func noteAll(in rollups: Rollups) throws(StoreError) {
        try note(workflows: "ORDER BY id", in: rollups, times: 1)
        try note(nodes: "ORDER BY id", in: rollups, times: 1)
        try note(calls: "ORDER BY g.id", in: rollups, times: 1)
        let users = try Statement(connection, "SELECT created_at FROM users ORDER BY id")
        while try users.step() { try rollups.note(userCreatedAt: users.integer(0), times: 1) }
        let rejected = try Statement(connection, "SELECT received_at FROM rejected_records ORDER BY id")
        while try rejected.step() { try rollups.note(rejectedAt: rejected.integer(0), times: 1) }
    }

    /// Notes some of the rows of a workflow. Calls are counted by what their nodes and workflow are: these have to be there.
    func note(_ slice: WorkflowSlice, in rollups: Rollups, times: Int64) throws(StoreError) {
        let keys = "(\(WorkflowSlice.keys(slice.table)))"
        switch slice.table {
        case .workflows: try note(workflows: "WHERE id IN \(keys)", slice, in: rollups, times: times)
        case .nodes: try note(nodes: "WHERE id IN \(keys)", slice, in: rollups, times: times)
        case .generations: try note(calls: "WHERE g.id IN \(keys)", slice, in: rollups, times: times)
        }
    }

    private func note(
        nodes condition: String, _ slice: WorkflowSlice? = nil, in rollups: Rollups, times: Int64
    ) throws(StoreError) {
        let rows = try statement(Self.nodeText, condition)
        slice?.bind(to: rows)
        defer { rows.reset() }
        while try rows.step() {
            guard let status = Status(name: rows.text(2)) else { continue }
            let key = try rollups.keys.key(.nodes, rows.bytes(0), rows.bytes(1))
            try rollups.note(
                nodeOf: key, hour: RollupPlace.hour(of: rows.integer(3)), status, durationMs: rows.optionalInteger(4),
                times: times)
        }
    }

    private func note(
        calls condition: String, _ slice: WorkflowSlice? = nil, in rollups: Rollups, times: Int64
    ) throws(StoreError) {
        let rows = try statement(Self.callText, condition)
        slice?.bind(to: rows)
        defer { rows.reset() }
        while try rows.step() {
            let key = try rollups.keys.key(.models, rows.bytes(0), rows.isNull(1) ? nil : rows.bytes(1))
            let node = rows.isNull(9) ? nil : try rollups.keys.key(.nodes, rows.bytes(9), rows.bytes(10))
            try rollups.note(
                CountedCall(
                    key: key, nodeKey: node, userID: rows.optionalInteger(2), at: rows.integer(3),
                    isFailed: rows.integer(4) != 0,
                    latencyMs: rows.optionalInteger(5), promptTokens: rows.optionalInteger(6),
                    completionTokens: rows.optionalInteger(7), totalTokens: rows.optionalInteger(8)),
                times: times)
        }
    }

    private func note(
        workflows condition: String, _ slice: WorkflowSlice? = nil, in rollups: Rollups, times: Int64
    ) throws(StoreError) {
        let rows = try statement(Self.workflowText, condition)
        slice?.bind(to: rows)
        defer { rows.reset() }
        while try rows.step() {
            guard let status = Status(name: rows.text(2)) else { continue }
            try rollups.note(
                workflowOf: rows.optionalInteger(0), createdAt: rows.integer(1), status,
                completedAt: rows.optionalInteger(3), times: times)
        }
    }

    private func statement(_ text: String, _ condition: String) throws(StoreError) -> Statement {
        let text = "\(text) \(condition)"
        if let known = statements[text] { return known }
        let statement = try Statement(connection, text)
        statements[text] = statement
        return statement
    }
}
