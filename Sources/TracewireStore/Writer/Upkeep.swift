internal import TracewireProtocol

// What an operator or a timer asks for.
extension StoreWriter {
    /// Fails workflows that are `running` and of which nothing was heard for `silentForMs` before `nowMs`, at most
    /// `limit` of them, the longest silent first. They get the `end_reason` `silent`.
    ///
    /// Heard counts by the collector's clock: when it last accepted a record of the workflow, whatever time that record
    /// carries. That is remembered to within ten seconds, and a workflow gets the benefit of them. Silence is counted from
    /// the first call on: before, no collector may have been there to hear anything.
    /// - Returns: how many were failed; `limit` means that there may be more.
    public func failSilentWorkflows(silentForMs: Int64, nowMs: Int64, limit: Int) throws(StoreError) -> Int {
        try write { () throws(StoreError) in
            let failed = try silent.fail(silentForMs: silentForMs, nowMs: nowMs, limit: limit)
            for identifier in failed { applier.forget(workflow: identifier) }
            return failed.count
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

    /// Rejects records that were parked over `parkedForMs` before `nowMs`, as `parent_missing`: at most
    /// ``ParkedRecords/expiredAtATime``, the oldest first. Their parents may have been pruned, or were never sent; such
    /// records would fill the room of those that wait for a moment.
    ///
    /// - Returns: how many were rejected.
    public func rejectExpired(parkedForMs: Int64, nowMs: Int64) throws(StoreError) -> Int {
        try write { () throws(StoreError) in
            let before = nowMs - max(0, parkedForMs)
            applier.begin(batches: 0, nowMs: nowMs)
            var count = 0
            while count < ParkedRecords.expiredAtATime,
                let (record, awaited) = try applier.parked.expired(before: before)
            {
                try applier.rejectExpired(record, waitingFor: awaited)
                count += 1
            }
            return count
        }
    }
}
