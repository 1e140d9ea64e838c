internal import TracewireProtocol

/// The statements on `nodes`.
final class NodeRows {
    private let statusTexts: StatusTexts
    private let segments: SegmentWriter
    private let insertion: Statement
    private let starting: Statement
    private let ending: Statement
    private let selection: Statement
    private let pendingComparison: RowComparison
    private let startComparison: RowComparison
    private let endComparison: RowComparison

    init(_ connection: Connection, _ statusTexts: StatusTexts, _ segments: SegmentWriter) throws(StoreError) {
        self.statusTexts = statusTexts
        self.segments = segments
        insertion = try Statement(
            connection,
            """
            INSERT INTO nodes (id, uuid, workflow_id, node_name, node_type, execution_order, status, pending_at,
                started_at, completed_at, duration_ms, tags, metadata, error_message, error_traceback, input_data,
                output_data, state_data)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            """)
        starting = try Statement(
            connection, "UPDATE nodes SET status = ?2, started_at = ?3, input_data = ?4 WHERE id = ?1")
        ending = try Statement(
            connection,
            """
            UPDATE nodes SET status = ?2, completed_at = ?3, duration_ms = ?4, error_message = ?5, error_traceback = ?6,
                output_data = ?7, state_data = ?8
            WHERE id = ?1
            """)
        selection = try Statement(
            connection,
            """
            SELECT n.id, n.workflow_id, w.uuid, n.status, n.started_at
            FROM nodes n JOIN workflows w ON w.id = n.workflow_id WHERE n.uuid = ?
            """)
        pendingComparison = try RowComparison(
            connection, "nodes",
            [
                "at_ms": "pending_at IS ?2", "node_name": "node_name IS ?3", "node_type": "node_type IS ?4",
                "execution_order": "execution_order IS ?5", "tags": "tracewire_value(tags) IS ?6",
                "metadata": "tracewire_value(metadata) IS ?7",
            ])
        startComparison = try RowComparison(
            connection, "nodes",
            [
                "at_ms": "?2 IS NULL OR started_at IS ?2", "node_name": "?3 IS NULL OR node_name = ?3",
                "node_type": "?4 IS NULL OR node_type = ?4", "execution_order": "?5 IS NULL OR execution_order = ?5",
                "tags": "?6 IS NULL OR tracewire_value(tags) IS ?6",
                "metadata": "?7 IS NULL OR tracewire_value(metadata) IS ?7",
                "input_data": "?2 IS NULL OR tracewire_value(input_data) IS ?8",
            ])
        endComparison = try RowComparison(
            connection, "nodes",
            [
                "at_ms": "completed_at IS ?2", "duration_ms": "duration_ms IS ?3",
                "error_message": "tracewire_value(error_message) IS ?4",
                "error_traceback": "tracewire_value(error_traceback) IS ?5",
                "output_data": "tracewire_value(output_data) IS ?6", "state_data": "tracewire_value(state_data) IS ?7",
            ])
    }

    func find(_ identifier: Identifier) throws(StoreError) -> LiveNode? {
        defer { selection.reset() }
        selection.bind(1, identifier)
        guard try selection.step() else { return nil }
        guard let status = statusTexts.status(selection.bytes(3)) else {
            throw StoreError(.corrupt, "node \(identifier) has a status that does not exist")
        }
        return LiveNode(
            id: selection.integer(0), identifier: identifier, workflow: selection.identifier(2),
            workflowID: selection.integer(1), status: status, startedAt: selection.optionalInteger(4))
    }

    func write(_ node: LiveNode, _ change: NodeChange) throws(StoreError) {
        if let creation = change.creation {
            try insert(node, change, creation.description, pendingAt: creation.pendingAt)
            return
        }
        if let start = change.start { try update(node, start: start.at, inputData: start.inputData) }
        if let end = change.end { try update(node, end: end) }
    }

    private func insert(
        _ node: LiveNode, _ change: NodeChange, _ description: PinnedDescription, pendingAt: Int64?
    ) throws(StoreError) {
        insertion.bind(1, node.id)
        insertion.bind(2, node.identifier)
        insertion.bind(3, node.workflowID)
        insertion.bind(4, text: description.nodeName)
        insertion.bind(5, text: description.nodeType)
        insertion.bind(6, description.executionOrder)
        insertion.bind(7, text: statusTexts.text(node.status))
        insertion.bind(8, pendingAt)
        insertion.bind(9, change.start?.at)
        insertion.bind(10, change.end?.at)
        insertion.bind(11, change.end?.durationMs)
        let at = change.end?.at ?? change.start?.at ?? pendingAt ?? 0
        try bind(12, description.tags, .nodeTags, node, at, to: insertion)
        try bind(13, description.metadata, .nodeMetadata, node, at, to: insertion)
        try bind(14, change.end?.errorMessage, .errorMessage, node, at, to: insertion)
        try bind(15, change.end?.errorTraceback, .errorTraceback, node, at, to: insertion)
        try bind(16, change.start?.inputData, .inputData, node, at, to: insertion)
        try bind(17, change.end?.outputData, .outputData, node, at, to: insertion)
        try bind(18, change.end?.stateData, .stateData, node, at, to: insertion)
        try insertion.run()
    }

    private func update(_ node: LiveNode, start at: Int64, inputData: PinnedText?) throws(StoreError) {
        starting.bind(1, node.id)
        starting.bind(2, text: statusTexts.text(.running))
        starting.bind(3, at)
        try bind(4, inputData, .inputData, node, at, to: starting)
        try starting.run()
    }

    private func update(_ node: LiveNode, end: NodeEnding) throws(StoreError) {
        ending.bind(1, node.id)
        ending.bind(2, text: statusTexts.text(node.status))
        ending.bind(3, end.at)
        ending.bind(4, end.durationMs)
        try bind(5, end.errorMessage, .errorMessage, node, end.at, to: ending)
        try bind(6, end.errorTraceback, .errorTraceback, node, end.at, to: ending)
        try bind(7, end.outputData, .outputData, node, end.at, to: ending)
        try bind(8, end.stateData, .stateData, node, end.at, to: ending)
        try ending.run()
    }

    private func bind(
        _ index: Int32, _ value: PinnedText?, _ column: PayloadColumn, _ node: LiveNode, _ at: Int64,
        to statement: Statement
    ) throws(StoreError) {
        try segments.bind(index, value, column, row: node.id, atMs: at, to: statement)
    }
}

// The keys in which an event differs from what the row says.
extension NodeRows {
    func differences(
        _ node: LiveNode, pendingAt: Int64, _ description: PinnedDescription
    ) throws(StoreError) -> [String] {
        pendingComparison.statement.bind(2, pendingAt)
        return try compare(pendingComparison, node, description)
    }

    /// - Parameter at: `nil` if the node did not start yet, and only its description is compared.
    func differences(
        _ node: LiveNode, startedAt at: Int64?, _ description: PinnedDescription, inputData: PinnedText?
    ) throws(StoreError) -> [String] {
        startComparison.statement.bind(2, at)
        startComparison.statement.bind(8, text: inputData)
        return try compare(startComparison, node, description)
    }

    func differences(_ node: LiveNode, _ end: NodeEnding) throws(StoreError) -> [String] {
        let statement = endComparison.statement
        statement.bind(1, node.id)
        statement.bind(2, end.at)
        statement.bind(3, end.durationMs)
        statement.bind(4, text: end.errorMessage)
        statement.bind(5, text: end.errorTraceback)
        statement.bind(6, text: end.outputData)
        statement.bind(7, text: end.stateData)
        return try endComparison.differences()
    }

    private func compare(
        _ comparison: RowComparison, _ node: LiveNode, _ description: PinnedDescription
    ) throws(StoreError) -> [String] {
        let statement = comparison.statement
        statement.bind(1, node.id)
        statement.bind(3, text: description.nodeName)
        statement.bind(4, text: description.nodeType)
        statement.bind(5, description.executionOrder)
        statement.bind(6, text: description.tags)
        statement.bind(7, text: description.metadata)
        return try comparison.differences()
    }
}
