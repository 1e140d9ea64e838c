internal import TracewireProtocol

/// The statements on `workflows`.
///
/// A workflow's end may say its `user_intent` anew. What the start had said is then kept in `started_intent`, empty if
/// it had said nothing (an empty text is no JSON), so that a start that comes again can still be compared.
final class WorkflowRows {
    private let statusTexts: StatusTexts
    private let segments: SegmentWriter
    private let insertion: Statement
    private let ending: Statement
    private let selection: Statement
    private let sameStart: Statement
    private let sameEnd: Statement

    init(_ connection: Connection, _ statusTexts: StatusTexts, _ segments: SegmentWriter) throws(StoreError) {
        self.statusTexts = statusTexts
        self.segments = segments
        insertion = try Statement(
            connection,
            """
            INSERT INTO workflows (id, uuid, user_id, name, status, created_at, updated_at, input_type, search_radius, tags,
                metadata, user_input, time_settings, date_theme, user_intent)
            VALUES (?14, ?1, ?2, ?3, ?4, ?5, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)
            """)
        ending = try Statement(
            connection,
            """
            UPDATE workflows SET status = ?2, completed_at = ?3, updated_at = max(updated_at, ?3), final_itinerary = ?5,
                started_intent = CASE WHEN ?4 IS NOT NULL THEN coalesce(user_intent, '') END,
                user_intent = coalesce(?4, user_intent)
            WHERE id = ?1
            """)
        selection = try Statement(connection, "SELECT id, status FROM workflows WHERE uuid = ?")
        sameStart = try Statement(
            connection,
            """
            SELECT (SELECT username FROM users WHERE id = user_id) IS ?2 AND name IS ?3 AND created_at IS ?5
                AND input_type IS ?6 AND search_radius IS ?7 AND tracewire_value(tags) IS ?8
                AND tracewire_value(metadata) IS ?9 AND tracewire_value(user_input) IS ?10
                AND tracewire_value(time_settings) IS ?11 AND tracewire_value(date_theme) IS ?12
                AND nullif(tracewire_value(coalesce(started_intent, user_intent, '')), '') IS ?13 AND ?4 IS NOT NULL
            FROM workflows WHERE id = ?1
            """)
        sameEnd = try Statement(
            connection,
            """
            SELECT completed_at IS ?2 AND tracewire_value(final_itinerary) IS ?4
                AND CASE WHEN ?3 IS NULL THEN started_intent IS NULL ELSE tracewire_value(user_intent) IS ?3 END
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
        return LiveWorkflow(id: selection.integer(0), status: status)
    }

    func insert(
        _ start: WorkflowStart<Slice>, id: Int64, userID: Int64?, at: Int64, _ origin: RecordOrigin
    ) throws(StoreError) -> LiveWorkflow {
        insertion.bind(1, start.workflow)
        insertion.bind(2, userID)
        bind(start, at: at, origin, to: insertion)
        insertion.bind(14, id)
        for (index, (value, column)) in payloads(start, origin).enumerated() {
            try segments.bind(Int32(8 + index), value, column, row: id, atMs: at, to: insertion)
        }
        try insertion.run()
        return LiveWorkflow(id: id, status: .running)
    }

    func end(
        _ workflow: LiveWorkflow, _ end: WorkflowEnd<Slice>, at: Int64, _ origin: RecordOrigin
    ) throws(StoreError) {
        ending.bind(1, workflow.id)
        ending.bind(2, text: statusTexts.text(workflow.status))
        ending.bind(3, at)
        let intent = origin.text(end.userIntent)
        try segments.bind(4, intent, .userIntent, row: workflow.id, atMs: at, to: ending)
        let itinerary = origin.text(end.finalItinerary)
        try segments.bind(5, itinerary, .finalItinerary, row: workflow.id, atMs: at, to: ending)
        try ending.run()
    }

    func isRepetition(
        _ workflow: LiveWorkflow, _ start: WorkflowStart<Slice>, at: Int64, _ origin: RecordOrigin
    ) throws(StoreError) -> Bool {
        defer { sameStart.reset() }
        sameStart.bind(1, workflow.id)
        sameStart.bind(2, text: origin.text(start.username))
        bind(start, at: at, origin, to: sameStart)
        for (index, (value, _)) in payloads(start, origin).enumerated() {
            sameStart.bind(Int32(8 + index), text: value)
        }
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

    /// Binds 3 to 7, which inserting and comparing share.
    private func bind(
        _ start: WorkflowStart<Slice>, at: Int64, _ origin: RecordOrigin, to statement: Statement
    ) {
        statement.bind(3, text: origin.text(start.name))
        statement.bind(4, text: statusTexts.text(.running))
        statement.bind(5, at)
        statement.bind(6, text: origin.text(start.inputType))
        statement.bind(7, start.searchRadius)
    }

    /// Bound from 8 on.
    private func payloads(
        _ start: WorkflowStart<Slice>, _ origin: RecordOrigin
    ) -> [(PinnedText?, PayloadColumn)] {
        [
            (origin.text(start.tags), .workflowTags), (origin.text(start.metadata), .workflowMetadata),
            (origin.text(start.userInput), .userInput), (origin.text(start.timeSettings), .timeSettings),
            (origin.text(start.dateTheme), .dateTheme), (origin.text(start.userIntent), .userIntent),
        ]
    }
}
