internal import TracewireProtocol

// What an operator or a timer asks for.
extension StoreWriter {
    /// Fails workflows that are `running` and of which nothing was heard for `silentForMs` before `nowMs`, at most
    /// `limit` of them, the oldest first. They get the `end_reason` `silent`.
    ///
    /// Heard counts by the clients' clocks: the latest time that the workflow, its nodes and its generations carry.
    /// - Returns: how many were failed; `limit` means that there may be more.
    public func failSilentWorkflows(silentForMs: Int64, nowMs: Int64, limit: Int) throws(StoreError) -> Int {
        let before = nowMs - max(0, silentForMs)
        return try write { () throws(StoreError) in
            let silent = try Statement(
                connection,
                """
                SELECT w.id, w.uuid FROM workflows w
                WHERE w.status = 'running' AND w.created_at < ?1 AND \(ReportText.lastHeard) < ?1
                ORDER BY w.created_at LIMIT ?2
                """)
            silent.bind(1, before)
            silent.bind(2, Int64(max(0, limit)))
            var found: [(id: Int64, identifier: Identifier)] = []
            while try silent.step() { found.append((silent.integer(0), silent.identifier(1))) }
            silent.reset()
            let failing = try Statement(
                connection,
                """
                UPDATE workflows SET status = 'failed', end_reason = 'silent', completed_at = ?2,
                    updated_at = max(updated_at, ?2)
                WHERE id = ?1
                """)
            for workflow in found {
                failing.bind(1, workflow.id)
                failing.bind(2, nowMs)
                try failing.run()
                applier.forget(workflow: workflow.identifier)
            }
            return found.count
        }
    }

    /// Forgets producers that have been idle for `idleForMs` before `nowMs`. One that comes back hears
    /// `producer_expired`.
    ///
    /// - Returns: how many were forgotten.
    public func expireProducers(idleForMs: Int64, nowMs: Int64) throws(StoreError) -> Int {
        let count = try write { () throws(StoreError) in
            try producers.expire(lastSeenBefore: nowMs - max(0, idleForMs))
        }
        if count > 0 { producers.forget() }
        return count
    }
}
