internal import TracewireProtocol

/// Fails workflows of which the collector has heard nothing for long. They get the `end_reason` `silent`.
final class SilentWorkflows {
    /// Left alone, SQLite would take the index of all statuses, and sort what it finds.
    static let selection = """
        SELECT id, uuid, user_id, created_at FROM workflows INDEXED BY workflows_heard WHERE status = 'running' AND heard_at < ?1
            AND \(GoingWorkflow.isWhole("workflows"))
        ORDER BY heard_at LIMIT ?2
        """

    private let rollups: Rollups
    private let feed: Feed
    private let finding: Statement
    private let failing: Statement
    /// When it was looked for the first time: before, nobody may have been there to hear anything.
    private var watchedSince: Int64?

    init(_ connection: Connection, _ rollups: Rollups, _ feed: Feed) throws(StoreError) {
        (self.rollups, self.feed) = (rollups, feed)
        finding = try Statement(connection, Self.selection)
        failing = try Statement(
            connection,
            """
            UPDATE workflows SET status = 'failed', end_reason = 'silent', completed_at = ?2,
                updated_at = max(updated_at, ?2)
            WHERE id = ?1
            """)
    }

    /// - Returns: those that were failed, the longest silent first.
    func fail(silentForMs: Int64, nowMs: Int64, limit: Int) throws(StoreError) -> [Identifier] {
        let latest = nowMs - max(0, silentForMs) - HeardTimes.grainMs
        let since = watchedSince ?? nowMs
        watchedSince = since
        guard since < latest else { return [] }
        let found = try find(heardBefore: latest, limit: limit)
        for workflow in found {
            failing.bind(1, workflow.id)
            failing.bind(2, nowMs)
            try failing.run()
            feed.note(.workflowFailed, row: workflow.id)
            try rollups.note(
                endOf: workflow.userID, createdAt: workflow.createdAt, as: .failed, completedAt: nowMs)
        }
        return found.map(\.identifier)
    }

    private struct Found {
        let id: Int64
        let identifier: Identifier
        let userID: Int64?
        let createdAt: Int64
    }

    private func find(heardBefore time: Int64, limit: Int) throws(StoreError) -> [Found] {
        finding.bind(1, time)
        finding.bind(2, Int64(max(0, limit)))
        defer { finding.reset() }
        var found: [Found] = []
        while try finding.step() {
            found.append(
                Found(
                    id: finding.integer(0), identifier: finding.identifier(1), userID: finding.optionalInteger(2),
                    createdAt: finding.integer(3)))
        }
        return found
    }
}
