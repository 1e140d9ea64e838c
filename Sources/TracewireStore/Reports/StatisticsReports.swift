internal import TracewireProtocol

// Sums over runs. They read rollups alone, whose number does not grow with that of the rows. Percentiles are within 1 %.
extension Reports {
    /// Workflows without a user are under NULL. `success_rate` is the share of completed ones, from 0 to 1. Durations are
    /// those of completed workflows, and calls those that were made in the period.
    static let statsUsers = Report(
        name: "stats_users", arguments: RollupText.period,
        text: { _ in
            """
            \(RollupText.merged(.users))
            SELECT u.username, \(figure(.count, .running, .completed, .failed, .cancelled)) AS workflows,
                \(figure(.count, .completed)) AS completed, \(figure(.count, .failed)) AS failed,
                \(figure(.count, .cancelled)) AS cancelled, \(figure(.count, .running)) AS running,
                CAST(\(figure(.count, .completed)) AS REAL)
                    / \(figure(.count, .running, .completed, .failed, .cancelled)) AS success_rate,
                \(distribution("duration_ms", .completed)),
                \(figure(.count, .call, .failedCall)) AS calls, \(figure(.count, .failedCall)) AS errors,
                \(tokens(.call, .failedCall))
            FROM merged m LEFT JOIN users u ON u.id = m.key ORDER BY workflows DESC, u.username
            """
        })

    /// Durations are those of completed nodes; `executions` counts nodes that started.
    static let statsNodes = Report(
        name: "stats_nodes", arguments: RollupText.period,
        text: { _ in
            """
            \(RollupText.merged(.nodes))
            SELECT k.name AS node_name, k.detail AS node_type,
                \(figure(.count, .running, .completed, .failed)) AS executions, \(figure(.count, .failed)) AS failed,
                \(distribution("duration_ms", .completed))
            FROM merged m JOIN rollup_keys k ON k.id = m.key AND k.subject = \(RollupSubject.nodes.rawValue)
            WHERE executions > 0 ORDER BY executions DESC, k.name, k.detail
            """
        })

    static let statsModels = Report(
        name: "stats_models", arguments: RollupText.period,
        text: { _ in
            """
            \(RollupText.merged(.models))
            SELECT k.name AS model_name, CASE typeof(k.detail) WHEN 'text' THEN k.detail END AS model_provider,
                \(figure(.count, .call, .failedCall)) AS calls, \(figure(.count, .failedCall)) AS errors,
                \(figure(.average, .call, .failedCall)) AS avg_latency_ms, \(tokens(.call, .failedCall)),
                \(figure(.minimum, .call, .failedCall)) AS min_latency_ms,
                \(figure(.maximum, .call, .failedCall)) AS max_latency_ms,
                \(percentiles("latency_ms", .call, .failedCall))
            FROM merged m JOIN rollup_keys k ON k.id = m.key AND k.subject = \(RollupSubject.models.rawValue)
            ORDER BY calls DESC, k.name, model_provider
            """
        })

    private static func figure(_ figure: RollupFigure, _ kinds: RollupKind...) -> String {
        RollupText.figure(figure, kinds)
    }

    private static func distribution(_ name: String, _ kinds: RollupKind...) -> String {
        """
        \(RollupText.figure(.average, kinds)) AS avg_\(name), \(RollupText.figure(.minimum, kinds)) AS min_\(name),
        \(RollupText.figure(.maximum, kinds)) AS max_\(name), \(percentiles(name, kinds))
        """
    }

    private static func percentiles(_ name: String, _ kinds: RollupKind...) -> String {
        percentiles(name, kinds)
    }

    private static func percentiles(_ name: String, _ kinds: [RollupKind]) -> String {
        [RollupFigure.p50, .p90, .p95, .p99].map { "\(RollupText.figure($0, kinds)) AS \($0.rawValue)_\(name)" }
            .joined(separator: ", ")
    }

    private static func tokens(_ kinds: RollupKind...) -> String {
        [RollupFigure.promptTokens, .completionTokens, .totalTokens]
            .map { "\(RollupText.figure($0, kinds)) AS \($0.rawValue)" }.joined(separator: ", ")
    }
}
