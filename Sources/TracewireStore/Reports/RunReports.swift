internal import TracewireProtocol

// Workflows and what belongs to them: for lists, for one run, and for export.
extension Reports {
    /// Newest first. The next page is asked with the last row's id as `before_id`, and its time as `before_at`, without
    /// which the page is lost if that row is pruned meanwhile.
    ///
    /// Every filter by user, status or name, and every two of them, has an index that ends with the time, so that rows
    /// come in their order and a page reads little more than itself. With all three, the name filters what the user's
    /// index by status finds. The filters by tag, duration, model and error look at each run that the others leave.
    static let workflows = Report(
        name: "workflows",
        arguments: [
            Report.Argument(name: "status", kind: .status, condition: "w.status = :status"),
            Report.Argument(
                name: "user", kind: .text, condition: "w.user_id = (SELECT id FROM users WHERE username = :user)"),
            Report.Argument(
                name: "name", kind: .text, condition: "w.name = :name", yieldsTo: [["user", "status"]]),
            Report.Argument(
                name: "before_id", kind: .integer,
                condition: """
                    (w.created_at, w.id) < (coalesce(:before_at, (SELECT created_at FROM workflows WHERE id = :before_id)),
                        :before_id)
                    """),
            Report.Argument(name: "before_at", kind: .integer),
            Report.Argument(
                name: "search", kind: .search,
                condition: #"(w.name LIKE :search ESCAPE '\' OR w.user_input LIKE :search ESCAPE '\')"#),
            .limit(50),
            Report.Argument(name: "since", kind: .integer, condition: "w.created_at >= :since"),
            Report.Argument(
                name: "until", kind: .integer, condition: "w.created_at < :until", yieldsTo: [["before_id"]]),
            Report.Argument(
                name: "min_duration", kind: .integer, condition: "w.completed_at - w.created_at >= :min_duration"),
            Report.Argument(
                name: "tag", kind: .text, condition: hasTag("w.tags")),
            Report.Argument(
                name: "model", kind: .text,
                condition: "EXISTS (SELECT 1 FROM generations g WHERE g.workflow_id = w.id AND g.model_name = :model)"),
            Report.Argument(
                name: "error", kind: .search,
                condition: #"""
                    (w.end_reason LIKE :error ESCAPE '\' OR EXISTS (SELECT 1 FROM nodes n
                            WHERE n.workflow_id = w.id AND n.error_message LIKE :error ESCAPE '\')
                        OR EXISTS (SELECT 1 FROM generations g
                            WHERE g.workflow_id = w.id AND g.error_message LIKE :error ESCAPE '\'))
                    """#),
        ],
        text: { conditions in
            """
            SELECT w.id, uuid_text(w.uuid) AS uuid, u.username AS user, w.name, w.status, w.created_at, w.completed_at,
                max(0, w.completed_at - w.created_at) AS duration_ms,
                (SELECT count(*) FROM nodes n WHERE n.workflow_id = w.id) AS nodes,
                (SELECT count(*) FROM nodes n WHERE n.workflow_id = w.id AND n.status = 'failed') AS failed_nodes,
                (SELECT count(*) FROM generations g WHERE g.workflow_id = w.id) AS generations,
                (SELECT sum(g.total_tokens) FROM generations g WHERE g.workflow_id = w.id) AS total_tokens,
                w.heard_at AS last_heard_at
            FROM workflows w LEFT JOIN users u ON u.id = w.user_id
            WHERE \(conditions) AND \(GoingWorkflow.isWhole("w"))
            ORDER BY w.created_at DESC, w.id DESC LIMIT :limit
            """
        })

    private static let workflowColumns = """
        w.id, uuid_text(w.uuid) AS uuid, w.user_id, u.username, w.name, w.status, w.user_input, w.input_type,
        w.time_settings, w.date_theme, w.user_intent, w.search_radius, w.final_itinerary, w.tags, w.metadata,
        w.created_at, w.updated_at, w.completed_at, w.end_reason,
        (SELECT sum(s.records) FROM sheds s WHERE s.workflow_id = w.id) AS shed_records,
        (SELECT sum(s.payloads) FROM sheds s WHERE s.workflow_id = w.id) AS shed_payloads
        """

    static let workflow = Report(
        name: "workflow",
        arguments: [Report.Argument(name: "id", kind: .key, isRequired: true, condition: "w.id = :id"), .skipDamaged],
        text: { conditions in
            """
            SELECT \(workflowColumns), w.heard_at AS last_heard_at,
                (SELECT count(*) FROM rejected_records r WHERE r.workflow = w.uuid) AS rejected_records,
                (SELECT count(*) FROM parked_records p WHERE p.workflow = w.uuid) AS parked_records
            FROM workflows w LEFT JOIN users u ON u.id = w.user_id
            WHERE \(conditions) AND \(GoingWorkflow.isWhole("w")) LIMIT 2
            """
        },
        emptyFault: QueryFault(.notFound, "there is no such workflow"), isUnique: true)

    static let workflowPage = Report(
        name: "workflow_page", arguments: [.afterID, .limit(1_000), .skipDamaged],
        text: { conditions in
            """
            SELECT \(workflowColumns) FROM workflows w LEFT JOIN users u ON u.id = w.user_id
            WHERE \(conditions) AND \(GoingWorkflow.isWhole("w")) ORDER BY w.id LIMIT :limit
            """
        })

    /// The keys of workflows, from `first` to `last`.
    private static let workflowRange = [
        Report.Argument(name: "first", kind: .integer, isRequired: true),
        Report.Argument(name: "last", kind: .integer, isRequired: true),
    ]

    /// What a run has behind a row, in the order `by` of its index: a run that is too large for one answer is read in
    /// several.
    private static func behind(_ table: String, by column: String) -> [Report.Argument] {
        let place = "((SELECT \(column) FROM \(table) WHERE id = :after_id), :after_id)"
        return [
            Report.Argument(
                name: "after_id", kind: .integer,
                condition: "workflow_id = :first AND (\(column), id) > \(place)"),
            Report.Argument(name: "limit", kind: .limit, standard: .integer(-1)),
            Report.Argument(
                name: "ids", kind: .text,
                condition: "id IN (SELECT value FROM json_each(iif(json_valid(:ids), :ids, NULL)))"),
        ]
    }

    static let nodes = Report(
        name: "nodes", arguments: workflowRange + behind("nodes", by: "execution_order") + [.skipDamaged],
        text: { conditions in
            """
            SELECT id, uuid_text(uuid) AS uuid, workflow_id, node_name, node_type, execution_order, status, state_data,
                input_data, output_data, error_message, error_traceback, pending_at, started_at, completed_at,
                duration_ms, tags, metadata
            FROM nodes WHERE workflow_id BETWEEN :first AND :last AND \(conditions)
            ORDER BY workflow_id, execution_order, id LIMIT :limit
            """
        })

    static let generations = Report(
        name: "generations", arguments: workflowRange + behind("generations", by: "created_at") + [.skipDamaged],
        text: { conditions in
            """
            SELECT id, uuid_text(uuid) AS uuid, workflow_id, node_id, model_name, model_provider, system_prompt,
                user_prompt, output, parsed_output, temperature, max_tokens, prompt_tokens, completion_tokens,
                total_tokens, latency_ms, error_message, created_at, metadata
            FROM generations WHERE workflow_id BETWEEN :first AND :last AND \(conditions)
            ORDER BY workflow_id, created_at, id LIMIT :limit
            """
        })

    /// What a tree of the run shows: large values are not read.
    static let nodesOutline = Report(
        name: "nodes_outline", arguments: workflowRange + [.skipDamaged],
        text: { _ in
            """
            SELECT id, uuid_text(uuid) AS uuid, workflow_id, node_name, node_type, execution_order, status, error_message,
                error_traceback, pending_at, started_at, completed_at, duration_ms
            FROM nodes WHERE workflow_id BETWEEN :first AND :last ORDER BY workflow_id, execution_order, id
            """
        })

    static let generationsOutline = Report(
        name: "generations_outline", arguments: workflowRange + [.skipDamaged],
        text: { _ in
            """
            SELECT id, uuid_text(uuid) AS uuid, workflow_id, node_id, model_name, model_provider, prompt_tokens,
                completion_tokens, total_tokens, latency_ms, error_message, created_at
            FROM generations WHERE workflow_id BETWEEN :first AND :last ORDER BY workflow_id, created_at, id
            """
        })

    static let sheds = Report(
        name: "sheds", arguments: workflowRange,
        text: { _ in
            """
            SELECT workflow_id, uuid_text(source) AS source, records, payloads, reported_at
            FROM sheds WHERE workflow_id BETWEEN :first AND :last ORDER BY workflow_id, sheds.source
            """
        })

    static let users = Report(
        name: "users", arguments: [.afterID, .limit(1_000)],
        text: { conditions in
            """
            SELECT w.id, uuid_text(w.uuid) AS uuid, w.username, w.email, w.created_at, w.updated_at FROM users w
            WHERE \(conditions) ORDER BY w.id LIMIT :limit
            """
        })

    /// Whether a column of JSON is an array with the text `:tag` in it.
    static func hasTag(_ column: String) -> String {
        """
        EXISTS (SELECT 1 FROM json_each(iif(json_valid(\(column)), \(column), NULL)) t
            WHERE t.type = 'text' AND t.value = :tag)
        """
    }
}
