internal import TracewireProtocol

extension Reports {
    /// Failures by what failed and by what its messages have in common, the most frequent first. A node counts in the period
    /// in which it started, a generation in that of its `created_at`.
    static let errors = Report(
        name: "errors",
        arguments: [
            Report.Argument(name: "since", kind: .integer), Report.Argument(name: "until", kind: .integer), .limit(50),
            .skipDamaged,
        ],
        text: { _ in
            """
            SELECT kind, name, message, count(*) AS failures, count(DISTINCT workflow_id) AS workflows, min(at) AS first_at,
                max(at) AS last_at, max(workflow_id) AS example
            FROM (
                SELECT 'node' AS kind, n.node_name AS name, coalesce(error_group(n.error_message), '') AS message,
                    n.workflow_id, \(Schema.timeOfNode(of: "n")) AS at
                FROM nodes n WHERE n.status = 'failed' AND \(period(of: Schema.timeOfNode(of: "n")))
                UNION ALL
                SELECT 'generation', g.model_name, error_group(g.error_message), g.workflow_id, g.created_at
                FROM generations g WHERE g.error_message IS NOT NULL AND \(period(of: "g.created_at"))
            )
            GROUP BY kind, name, message ORDER BY failures DESC, last_at DESC, kind, name, message LIMIT :limit
            """
        })

    private static func period(of time: String) -> String {
        "\(time) >= coalesce(:since, \(Int64.min + 1)) AND \(time) < coalesce(:until, \(Int64.max))"
    }
}
