internal import TracewireProtocol

// What happens, as it is committed.
extension Reports {
    /// Events that one answer looks at, and those of a row more: a reader who is far behind asks again.
    private static let eventsAtATime = 65_536
    /// The rows of the feed that one answer looks at: at least one, if there is one behind `after`.
    private static let rows = """
        FROM feed WHERE position > :after AND position <= :after + \(eventsAtATime + Feed.eventsPerRow)
        """

    /// Events behind a position, in their order, with what their rows say now. What was pruned since has only its position.
    static let events = Report(
        name: "events",
        arguments: [
            Report.Argument(name: "after", kind: .integer, isRequired: true),
            Report.Argument(name: "through", kind: .integer, standard: .integer(Int64.max)),
            Report.Argument(name: "workflow", kind: .integer, condition: "w.id = :workflow"),
            Report.Argument(name: "status", kind: .text, condition: "e.status = :status"),
            Report.Argument(name: "user", kind: .text, condition: "u.username = :user"),
            Report.Argument(name: "name", kind: .text, condition: "w.name = :name"),
            Report.Argument(name: "tag", kind: .text, condition: hasTag("w.tags")),
            Report.Argument(name: "model", kind: .text, condition: "g.model_name = :model"),
            Report.Argument(
                name: "error", kind: .search,
                condition: #"""
                    iif(e.subject = 'node', iif(e.status = 'failed', n.error_message, NULL), g.error_message)
                        LIKE :error ESCAPE '\'
                    """#),
            Report.Argument(
                name: "search", kind: .search,
                condition: #"(w.name LIKE :search ESCAPE '\' OR w.user_input LIKE :search ESCAPE '\')"#),
            Report.Argument(name: "min_duration", kind: .integer, condition: "\(durationOfEvent) >= :min_duration"),
            Report.Argument(name: "since", kind: .integer, condition: "\(timeOfEvent) >= :since"),
            Report.Argument(name: "until", kind: .integer, condition: "\(timeOfEvent) < :until"),
            .limit(1_000), .skipDamaged,
        ],
        text: { conditions in
            // The commits in their order, and of each its events in theirs: nothing has to be sorted.
            """
            SELECT e.position, e.subject, e.status,
                \(timeOfEvent) AS at,
                w.id AS workflow_id, uuid_text(w.uuid) AS workflow, w.name AS workflow_name, u.username AS user,
                n.id AS node_id, n.node_name, n.execution_order, g.id AS generation_id, g.model_name, g.total_tokens,
                \(durationOfEvent) AS duration_ms,
                CASE e.subject
                    WHEN 'workflow' THEN w.end_reason
                    WHEN 'node' THEN iif(e.status = 'failed', n.error_message, NULL)
                    WHEN 'generation' THEN g.error_message
                    WHEN 'rejected' THEN r.code || ': ' || r.message END AS message
            FROM (
                SELECT j.value ->> 0 AS position, j.value ->> 1 AS subject, j.value ->> 2 AS status, j.value ->> 3 AS row
                FROM (
                    SELECT position, events \(rows) ORDER BY position
                ) f CROSS JOIN json_each(feed_events(f.position, f.events)) j
                WHERE j.value ->> 0 > :after AND j.value ->> 0 <= :through
            ) e
                LEFT JOIN generations g ON e.subject = 'generation' AND g.id = e.row
                LEFT JOIN nodes n ON n.id = iif(e.subject = 'node', e.row, g.node_id)
                LEFT JOIN workflows w ON w.id = iif(e.subject = 'workflow', e.row, coalesce(n.workflow_id, g.workflow_id))
                LEFT JOIN users u ON u.id = iif(e.subject = 'user', e.row, w.user_id)
                LEFT JOIN rejected_records r ON e.subject = 'rejected' AND r.id = e.row
            WHERE \(conditions) LIMIT :limit
            """
        })

    /// When it happened, as its client says.
    private static let timeOfEvent = """
        CASE e.subject
            WHEN 'user' THEN u.created_at
            WHEN 'workflow' THEN iif(e.status = 'running', w.created_at, w.completed_at)
            WHEN 'node' THEN CASE e.status WHEN 'pending' THEN n.pending_at WHEN 'running' THEN n.started_at
                ELSE n.completed_at END
            WHEN 'generation' THEN g.created_at
            ELSE r.received_at END
        """

    /// Of what ended with the event.
    private static let durationOfEvent = """
        CASE e.subject
            WHEN 'workflow' THEN iif(e.status = 'running', NULL, max(0, w.completed_at - w.created_at))
            WHEN 'node' THEN iif(e.status IN ('pending', 'running'), NULL, n.duration_ms)
            WHEN 'generation' THEN g.latency_ms END
        """

    /// Where the feed is: `first` is the oldest event that is kept, `last` the newest, `scanned` how far one answer to `events`
    /// looks behind `after`. `origin` and `scanned_origin` tell which program wrote the events `after` and `scanned`: another
    /// one, if the database is another, or was put back to an earlier state since.
    static let feed = Report(
        name: "feed",
        arguments: [Report.Argument(name: "after", kind: .integer, standard: .integer(0))],
        text: { _ in
            """
            SELECT coalesce(
                    (SELECT position - feed_count(events) + 1 FROM feed ORDER BY position LIMIT 1), 1) AS first,
                coalesce((SELECT max(position) FROM feed), 0) AS last, s.position AS scanned,
                \(origin(of: ":after")) AS origin, \(origin(of: "s.position")) AS scanned_origin
            FROM (SELECT coalesce(max(position), :after) AS position \(rows)) s
            """
        })

    private static func origin(of position: String) -> String {
        "(SELECT uuid_text(origin) FROM feed_origins WHERE position < \(position) ORDER BY position DESC LIMIT 1)"
    }
}
