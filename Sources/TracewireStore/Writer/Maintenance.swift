// What the writer does between commits, in steps so small that no commit waits for one noticeably.
extension StoreWriter {
    /// Pages that one step gives back to the file system at most.
    private static let pagesPerStep = 256

    /// Does one step of what is due: merges small segments, or gives free pages back to the file system.
    ///
    /// - Parameter isIdle: whether nobody waits for the writer. Otherwise only what has become due by the last commits is
    ///   done.
    /// - Returns: whether there may be more to do at once.
    public func maintain(isIdle: Bool) throws(StoreError) -> Bool {
        guard applier.segments.takeHasSmallOnes() || isIdle else { return false }
        if try write({ () throws(StoreError) in try compaction.step() }) { return true }
        return isIdle ? try shrink() : false
    }

    /// Counts the next hour that has passed in its day and in the totals, which reports over long times read.
    ///
    /// - Parameter nowMs: the collector's clock, in milliseconds since 1970.
    /// - Returns: whether there may be more to do at once.
    public func foldRollups(nowMs: Int64) throws(StoreError) -> Bool {
        try write { () throws(StoreError) in try applier.rollups.fold(nowMs: nowMs) }
    }

    /// Removes at most `limit` workflows that began before `before`, in milliseconds since 1970, with everything that
    /// belongs to them, and gives some free pages back. Running ones of which something was heard since then stay.
    ///
    /// - Returns: how many were removed, fewer than `limit` if they are large, and whether there may be more.
    public func prune(before: Int64, limit: Int) throws(StoreError) -> (removed: Int, hasMore: Bool) {
        let removed = try write { () throws(StoreError) in
            try pruning.step(beforeMs: before, limit: limit) { (workflow) throws(StoreError) in
                try removeFromRollups(workflow: workflow)
            }
        }
        applier.forget(removed)
        // The workflows are gone already: pages that cannot be given back now are a matter for later steps.
        _ = try? shrink()
        return (removed.workflows.count, removed.hasMore)
    }

    /// Free pages are used again by what comes, so a few may stay.
    private func shrink() throws(StoreError) -> Bool {
        let free = try connection.integer("PRAGMA freelist_count")
        let pages = try connection.integer("PRAGMA page_count")
        guard free > max(Int64(Self.pagesPerStep), pages / 50) else { return false }
        try connection.execute("PRAGMA incremental_vacuum(\(Self.pagesPerStep))")
        return true
    }
}
