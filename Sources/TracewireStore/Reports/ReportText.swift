/// Pieces of SQL that several statements share.
enum ReportText {
    /// The latest time that workflow `w`, its nodes and its generations carry.
    static let lastHeard = """
        max(w.created_at, coalesce(w.completed_at, 0),
            coalesce((SELECT max(max(coalesce(n.pending_at, 0), coalesce(n.started_at, 0), coalesce(n.completed_at, 0)))
                FROM nodes n WHERE n.workflow_id = w.id), 0),
            coalesce((SELECT max(g.created_at) FROM generations g WHERE g.workflow_id = w.id), 0))
        """
}
