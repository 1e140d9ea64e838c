internal import TracewireProtocol

/// The statements on `nodes`.
final class NodeRows {
    private let statusTexts: StatusTexts
    private let insertion: Statement
    private let starting: Statement
    private let ending: Statement
    private let selection: Statement
    private let samePending: Statement
    private let sameStart: Statement
    private let sameEnd: Statement

    init(_ connection: Connection, _ statusTexts: StatusTexts) throws(StoreError) {
        self.statusTexts = statusTexts
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
        samePending = try Statement(
            connection,
            """
            SELECT pending_at IS ?2 AND node_name IS ?3 AND node_type IS ?4 AND execution_order IS ?5 AND tags IS ?6
                AND metadata IS ?7
            FROM nodes WHERE id = ?1
            """)
        sameStart = try Statement(
            connection,
            """
            SELECT (?2 IS NULL OR (started_at IS ?2 AND input_data IS ?8)) AND (?3 IS NULL OR node_name = ?3)
                AND (?4 IS NULL OR node_type = ?4) AND (?5 IS NULL OR execution_order = ?5)
                AND (?6 IS NULL OR tags IS ?6) AND (?7 IS NULL OR metadata IS ?7)
            FROM nodes WHERE id = ?1
            """)
        sameEnd = try Statement(
            connection,
            """
            SELECT completed_at IS ?2 AND duration_ms IS ?3 AND error_message IS ?4 AND error_traceback IS ?5
                AND output_data IS ?6 AND state_data IS ?7
            FROM nodes WHERE id = ?1
            """)
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
        insertion.bind(12, text: description.tags)
        insertion.bind(13, text: description.metadata)
        insertion.bind(14, text: change.end?.errorMessage)
        insertion.bind(15, text: change.end?.errorTraceback)
        insertion.bind(16, text: change.start?.inputData)
        insertion.bind(17, text: change.end?.outputData)
        insertion.bind(18, text: change.end?.stateData)
        try insertion.run()
    }

    private func update(_ node: LiveNode, start at: Int64, inputData: PinnedText?) throws(StoreError) {
        starting.bind(1, node.id)
        starting.bind(2, text: statusTexts.text(.running))
        starting.bind(3, at)
        starting.bind(4, text: inputData)
        try starting.run()
    }

    private func update(_ node: LiveNode, end: NodeEnding) throws(StoreError) {
        ending.bind(1, node.id)
        ending.bind(2, text: statusTexts.text(node.status))
        ending.bind(3, end.at)
        ending.bind(4, end.durationMs)
        ending.bind(5, text: end.errorMessage)
        ending.bind(6, text: end.errorTraceback)
        ending.bind(7, text: end.outputData)
        ending.bind(8, text: end.stateData)
        try ending.run()
    }
}

// Whether an event says what the row says already. The comparison is SQLite's, byte by byte.
extension NodeRows {
    func isRepetition(_ node: LiveNode, pendingAt: Int64, _ description: PinnedDescription) throws(StoreError) -> Bool {
        samePending.bind(2, pendingAt)
        return try compare(samePending, node, description)
    }

    /// - Parameter at: `nil` if the node did not start yet, and only its description is compared.
    func agrees(
        _ node: LiveNode, startedAt at: Int64?, _ description: PinnedDescription, inputData: PinnedText?
    ) throws(StoreError) -> Bool {
        sameStart.bind(2, at)
        sameStart.bind(8, text: inputData)
        return try compare(sameStart, node, description)
    }

    func isRepetition(_ node: LiveNode, _ end: NodeEnding) throws(StoreError) -> Bool {
        sameEnd.bind(1, node.id)
        sameEnd.bind(2, end.at)
        sameEnd.bind(3, end.durationMs)
        sameEnd.bind(4, text: end.errorMessage)
        sameEnd.bind(5, text: end.errorTraceback)
        sameEnd.bind(6, text: end.outputData)
        sameEnd.bind(7, text: end.stateData)
        return try isTrue(sameEnd)
    }

    private func compare(
        _ statement: Statement, _ node: LiveNode, _ description: PinnedDescription
    ) throws(StoreError) -> Bool {
        statement.bind(1, node.id)
        statement.bind(3, text: description.nodeName)
        statement.bind(4, text: description.nodeType)
        statement.bind(5, description.executionOrder)
        statement.bind(6, text: description.tags)
        statement.bind(7, text: description.metadata)
        return try isTrue(statement)
    }

    private func isTrue(_ statement: Statement) throws(StoreError) -> Bool {
        defer { statement.reset() }
        return try statement.step() && statement.integer(0) != 0
    }
}
