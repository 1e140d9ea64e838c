internal import TracewireProtocol

// Sums over runs. They read the rows; rollups that are kept beside the rows can take their place.
extension Reports {
    /// Workflows without a user are under NULL. `success_rate` is the share of completed ones, from 0 to 1.
    static let statsUsers = Report(
        name: "stats_users", arguments: Report.Argument.period("w.created_at"),
        text: { conditions in
            """
            SELECT u.username, count(*) AS workflows, sum(w.status = 'completed') AS completed,
                sum(w.status = 'failed') AS failed, sum(w.status = 'cancelled') AS cancelled,
                sum(w.status = 'running') AS running, avg(w.status = 'completed') AS success_rate
            FROM workflows w LEFT JOIN users u ON u.id = w.user_id
            WHERE \(conditions) GROUP BY w.user_id ORDER BY workflows DESC, u.username
            """
        })

    /// Durations are those of completed nodes; `executions` counts nodes that started.
    static let statsNodes = Report(
        name: "stats_nodes", arguments: Report.Argument.period("n.started_at"),
        text: { conditions in
            """
            SELECT n.node_name, n.node_type, count(*) AS executions, sum(n.status = 'failed') AS failed,
                avg(n.duration_ms) FILTER (WHERE n.status = 'completed') AS avg_duration_ms,
                min(n.duration_ms) FILTER (WHERE n.status = 'completed') AS min_duration_ms,
                max(n.duration_ms) FILTER (WHERE n.status = 'completed') AS max_duration_ms
            FROM nodes n WHERE n.started_at IS NOT NULL AND \(conditions)
            GROUP BY n.node_name, n.node_type ORDER BY executions DESC, n.node_name, n.node_type
            """
        })

    static let statsModels = Report(
        name: "stats_models", arguments: Report.Argument.period("g.created_at"),
        text: { conditions in
            """
            SELECT g.model_name, g.model_provider, count(*) AS calls, sum(g.error_message IS NOT NULL) AS errors,
                avg(g.latency_ms) AS avg_latency_ms, sum(g.prompt_tokens) AS prompt_tokens,
                sum(g.completion_tokens) AS completion_tokens, sum(g.total_tokens) AS total_tokens
            FROM generations g WHERE \(conditions)
            GROUP BY g.model_name, g.model_provider ORDER BY calls DESC, g.model_name, g.model_provider
            """
        })
}
