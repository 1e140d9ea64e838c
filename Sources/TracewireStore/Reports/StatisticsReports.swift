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
            SELECT u.username, m.cells FROM merged m LEFT JOIN users u ON u.id = m.key
            ORDER BY \(RollupText.count(startedWorkflows)) DESC, u.username
            """
        },
        rollup: userFigures)

    /// The same by hour or day: `period` is when it begins, and only those in which there was something are there.
    static let statsUsersBy = Report(
        name: "stats_users_by", arguments: RollupPeriods.arguments,
        text: { _ in
            """
            \(RollupText.mergedByPeriod(.users))
            SELECT u.username, m.period, m.cells FROM merged m LEFT JOIN users u ON u.id = m.key
            ORDER BY m.period, u.username
            """
        },
        rollup: userFigures, check: RollupPeriods.check)

    /// Durations are those of completed nodes. `executions` counts nodes that started in the period, calls and tokens what was called
    /// in it: a node that only called models in it is there, too.
    static let statsNodes = Report(
        name: "stats_nodes", arguments: RollupText.period,
        text: { _ in
            """
            \(RollupText.merged(.nodes))
            SELECT \(nodeNames), m.cells FROM merged m \(keys(.nodes))
            WHERE \(RollupText.count(startedNodes + calls)) > 0
            ORDER BY \(RollupText.count(startedNodes)) DESC, k.name, k.detail
            """
        },
        rollup: nodeFigures)

    static let statsNodesBy = Report(
        name: "stats_nodes_by", arguments: RollupPeriods.arguments,
        text: { _ in
            """
            \(RollupText.mergedByPeriod(.nodes))
            SELECT \(nodeNames), m.period, m.cells FROM merged m \(keys(.nodes))
            WHERE \(RollupText.count(startedNodes + calls)) > 0 ORDER BY m.period, k.name, k.detail
            """
        },
        rollup: nodeFigures, check: RollupPeriods.check)

    static let statsModels = Report(
        name: "stats_models", arguments: RollupText.period,
        text: { _ in
            """
            \(RollupText.merged(.models))
            SELECT \(modelNames), m.cells FROM merged m \(keys(.models))
            ORDER BY \(RollupText.count(calls)) DESC, k.name, model_provider
            """
        },
        rollup: modelFigures)

    static let statsModelsBy = Report(
        name: "stats_models_by", arguments: RollupPeriods.arguments,
        text: { _ in
            """
            \(RollupText.mergedByPeriod(.models))
            SELECT \(modelNames), m.period, m.cells FROM merged m \(keys(.models))
            ORDER BY m.period, k.name, model_provider
            """
        },
        rollup: modelFigures, check: RollupPeriods.check)

    private static let nodeNames = "k.name AS node_name, k.detail AS node_type"
    private static let modelNames =
        "k.name AS model_name, CASE typeof(k.detail) WHEN 'text' THEN k.detail END AS model_provider"

    private static func keys(_ subject: RollupSubject) -> String {
        "JOIN rollup_keys k ON k.id = m.key AND k.subject = \(subject.rawValue)"
    }

    private static let startedWorkflows: [RollupKind] = [.running, .completed, .failed, .cancelled]
    private static let startedNodes: [RollupKind] = [.running, .completed, .failed]
    private static let calls: [RollupKind] = [.call, .failedCall]

    private static let userFigures: [RollupColumn] =
        [
            RollupColumn("workflows", .count, startedWorkflows), RollupColumn("completed", .count, [.completed]),
            RollupColumn("failed", .count, [.failed]), RollupColumn("cancelled", .count, [.cancelled]),
            RollupColumn("running", .count, [.running]),
            RollupColumn("success_rate", .count, [.completed], of: startedWorkflows),
        ] + distribution("duration_ms", [.completed]) + callsAndErrors + tokens

    private static let nodeFigures =
        [RollupColumn("executions", .count, startedNodes), RollupColumn("failed", .count, [.failed])]
        + distribution("duration_ms", [.completed]) + callsAndErrors + tokens

    private static let modelFigures =
        callsAndErrors + [RollupColumn("avg_latency_ms", .average, calls)] + tokens
        + extremes("latency_ms", calls) + percentiles("latency_ms", calls)

    private static let callsAndErrors = [
        RollupColumn("calls", .count, calls), RollupColumn("errors", .count, [.failedCall]),
    ]
    private static let tokens = [
        RollupColumn("prompt_tokens", .promptTokens, calls),
        RollupColumn("completion_tokens", .completionTokens, calls),
        RollupColumn("total_tokens", .totalTokens, calls),
    ]

    private static func distribution(_ name: String, _ kinds: [RollupKind]) -> [RollupColumn] {
        [RollupColumn("avg_\(name)", .average, kinds)] + extremes(name, kinds) + percentiles(name, kinds)
    }

    private static func extremes(_ name: String, _ kinds: [RollupKind]) -> [RollupColumn] {
        [RollupColumn("min_\(name)", .minimum, kinds), RollupColumn("max_\(name)", .maximum, kinds)]
    }

    private static func percentiles(_ name: String, _ kinds: [RollupKind]) -> [RollupColumn] {
        [
            RollupColumn("p50_\(name)", .p50, kinds), RollupColumn("p90_\(name)", .p90, kinds),
            RollupColumn("p95_\(name)", .p95, kinds), RollupColumn("p99_\(name)", .p99, kinds),
        ]
    }
}
