internal import TracewireProtocol

/// The statements on `workflows`.
///
/// A workflow's end may replace its `user_intent`. What the start had said is then kept in `started_intent`, empty if
/// it had said nothing (an empty text is no JSON), so that a start that comes again can still be compared.
final class WorkflowRows {
    private let connection: Connection
    private let statusTexts: StatusTexts
    private let insertion: Statement
    private let ending: Statement
    private let selection: Statement
    private let sameStart: Statement
    private let sameEnd: Statement

    init(_ connection: Connection, _ statusTexts: StatusTexts) throws(StoreError) {
        self.connection = connection
        self.statusTexts = statusTexts
        insertion = try Statement(
            connection,
            """
            INSERT INTO workflows (uuid, user_id, name, status, created_at, updated_at, input_type, search_radius, tags,
                metadata, user_input, time_settings, date_theme, user_intent, heard_at)
            VALUES (?1, ?2, ?3, ?4, ?5, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)
            """)
        ending = try Statement(
            connection,
            """
            UPDATE workflows SET status = ?2, completed_at = ?3, updated_at = max(updated_at, ?3), final_itinerary = ?5,
                started_intent = CASE WHEN ?4 IS NOT NULL AND user_intent IS NOT ?4 THEN coalesce(user_intent, '') END,
                user_intent = coalesce(?4, user_intent)
            WHERE id = ?1
            """)
        selection = try Statement(
            connection, "SELECT id, status, heard_at, user_id, created_at FROM workflows WHERE uuid = ?")
        sameStart = try Statement(
            connection,
            """
            SELECT (SELECT username FROM users WHERE id = user_id) IS ?2 AND name IS ?3 AND created_at IS ?5
                AND input_type IS ?6 AND search_radius IS ?7 AND tags IS ?8 AND metadata IS ?9 AND user_input IS ?10
                AND time_settings IS ?11 AND date_theme IS ?12
                AND nullif(coalesce(started_intent, user_intent, ''), '') IS ?13 AND ?4 IS NOT NULL
            FROM workflows WHERE id = ?1
            """)
        sameEnd = try Statement(
            connection,
            """
            SELECT completed_at IS ?2 AND final_itinerary IS ?4
                AND CASE WHEN ?3 IS NULL THEN started_intent IS NULL ELSE user_intent IS ?3 END
            FROM workflows WHERE id = ?1
            """)
    }

    func find(_ identifier: Identifier) throws(StoreError) -> LiveWorkflow? {
        defer { selection.reset() }
        selection.bind(1, identifier)
        guard try selection.step() else { return nil }
        guard let status = statusTexts.status(selection.bytes(1)) else {
            throw StoreError(.corrupt, "workflow \(identifier) has a status that does not exist")
        }
        return LiveWorkflow(
            id: selection.integer(0), status: status, heardAt: selection.integer(2),
            userID: selection.optionalInteger(3), createdAt: selection.integer(4))
    }

    func insert(
        _ start: WorkflowStart<Slice>, userID: Int64?, at: Int64, nowMs: Int64, _ origin: RecordOrigin
    ) throws(StoreError) -> LiveWorkflow {
        insertion.bind(1, start.workflow)
        insertion.bind(2, userID)
        bind(start, at: at, origin, to: insertion)
        insertion.bind(14, nowMs)
        try insertion.run()
        return LiveWorkflow(
            id: connection.lastInsertedID, status: .running, heardAt: nowMs, userID: userID, createdAt: at)
    }

    func end(
        _ workflow: LiveWorkflow, _ end: WorkflowEnd<Slice>, at: Int64, _ origin: RecordOrigin
    ) throws(StoreError) {
        ending.bind(1, workflow.id)
        ending.bind(2, text: statusTexts.text(workflow.status))
        ending.bind(3, at)
        ending.bind(4, text: origin.text(end.userIntent))
        ending.bind(5, text: origin.text(end.finalItinerary))
        try ending.run()
    }

    func isRepetition(
        _ workflow: LiveWorkflow, _ start: WorkflowStart<Slice>, at: Int64, _ origin: RecordOrigin
    ) throws(StoreError) -> Bool {
        defer { sameStart.reset() }
        sameStart.bind(1, workflow.id)
        sameStart.bind(2, text: origin.text(start.username))
        bind(start, at: at, origin, to: sameStart)
        return try sameStart.step() && sameStart.integer(0) != 0
    }

    func isRepetition(
        _ workflow: LiveWorkflow, _ end: WorkflowEnd<Slice>, at: Int64, _ origin: RecordOrigin
    ) throws(StoreError) -> Bool {
        defer { sameEnd.reset() }
        sameEnd.bind(1, workflow.id)
        sameEnd.bind(2, at)
        sameEnd.bind(3, text: origin.text(end.userIntent))
        sameEnd.bind(4, text: origin.text(end.finalItinerary))
        return try sameEnd.step() && sameEnd.integer(0) != 0
    }

    /// Binds 3 to 13, which inserting and comparing share.
    private func bind(
        _ start: WorkflowStart<Slice>, at: Int64, _ origin: RecordOrigin, to statement: Statement
    ) {
        statement.bind(3, text: origin.text(start.name))
        statement.bind(4, text: statusTexts.text(.running))
        statement.bind(5, at)
        statement.bind(6, text: origin.text(start.inputType))
        statement.bind(7, start.searchRadius)
        statement.bind(8, text: origin.text(start.tags))
        statement.bind(9, text: origin.text(start.metadata))
        statement.bind(10, text: origin.text(start.userInput))
        statement.bind(11, text: origin.text(start.timeSettings))
        statement.bind(12, text: origin.text(start.dateTheme))
        statement.bind(13, text: origin.text(start.userIntent))
    }
}
