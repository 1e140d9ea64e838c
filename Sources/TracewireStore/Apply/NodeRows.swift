internal import TracewireProtocol

/// The statements on `nodes`.
final class NodeRows {
    private let statusTexts: StatusTexts
    private let segments: SegmentWriter
    private let insertion: Statement
    private let starting: Statement
    private let ending: Statement
    private let selection: Statement
    private let samePending: Statement
    private let sameStart: Statement
    private let sameEnd: Statement

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
        samePending = try Statement(
            connection,
            """
            SELECT pending_at IS ?2 AND node_name IS ?3 AND node_type IS ?4 AND execution_order IS ?5
                AND tracewire_value(tags) IS ?6 AND tracewire_value(metadata) IS ?7
            FROM nodes WHERE id = ?1
            """)
        sameStart = try Statement(
            connection,
            """
            SELECT (?2 IS NULL OR (started_at IS ?2 AND tracewire_value(input_data) IS ?8)) AND (?3 IS NULL OR node_name = ?3)
                AND (?4 IS NULL OR node_type = ?4) AND (?5 IS NULL OR execution_order = ?5)
                AND (?6 IS NULL OR tracewire_value(tags) IS ?6)
                AND (?7 IS NULL OR tracewire_value(metadata) IS ?7)
            FROM nodes WHERE id = ?1
            """)
        sameEnd = try Statement(
            connection,
            """
            SELECT completed_at IS ?2 AND duration_ms IS ?3 AND tracewire_value(error_message) IS ?4
                AND tracewire_value(error_traceback) IS ?5 AND tracewire_value(output_data) IS ?6
                AND tracewire_value(state_data) IS ?7
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
