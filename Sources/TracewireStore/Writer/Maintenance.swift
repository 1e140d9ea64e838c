// What the writer does between commits, in steps so small that no commit waits for one noticeably.
extension StoreWriter {
    /// Pages that one step gives back to the file system at most.
    private static let pagesPerStep = 256
    /// The same while others wait for the writer.
    private static let pagesPerBusyStep = 32
    /// For how long nothing has been pruned when what a pruning has left is taken to be left for good.
    private static let pruningPause = Duration.seconds(10)

    /// Does one step of what is due: merges small segments, clears those that hold values of pruned workflows, or gives
    /// free pages back to the file system.
    ///
    /// - Parameter isIdle: whether nobody waits for the writer. Otherwise only what has become due by the last commits is
    ///   done, and a few pages are given back.
    /// - Returns: whether there may be more to do at once.
    public func maintain(isIdle: Bool) throws(StoreError) -> Bool {
        if applier.segments.takeHasSmallOnes() || isIdle {
            if try write({ () throws(StoreError) in try compaction.step() }) { return true }
        }
        if isIdle && !isPruning {
            if try write({ () throws(StoreError) in try pruning.clearStaleSegments() }) { return true }
        }
        return try shrink(by: isIdle ? Self.pagesPerStep : Self.pagesPerBusyStep)
    }

    private var isPruning: Bool {
        guard let prunedAt else { return false }
        return ContinuousClock.now - prunedAt < Self.pruningPause
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
        prunedAt = .now
        applier.forget(removed)
        // The workflows are gone already: pages that cannot be given back now are a matter for later steps.
        _ = try? shrink(by: Self.pagesPerStep)
        return (removed.workflows.count, removed.hasMore)
    }

    /// Free pages are used again by what comes, so a few may stay.
    private func shrink(by most: Int) throws(StoreError) -> Bool {
        let free = try connection.integer("PRAGMA freelist_count")
        let pages = try connection.integer("PRAGMA page_count")
        guard free > max(Int64(Self.pagesPerStep), pages / 50) else { return false }
        try connection.execute("PRAGMA incremental_vacuum(\(most))")
        return true
    }
}
