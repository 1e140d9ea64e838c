// What the writer does between commits, in steps so small that no commit waits for one noticeably.
extension StoreWriter {
    /// Pages that one step gives back to the file system at most.
    private static let pagesPerStep = 256
    /// For how long nothing has been pruned when what a pruning has left is taken to be left for good.
    private static let pruningPause = Duration.seconds(10)

    /// Does one step of what is due: clears segments that hold values of pruned workflows, looks for least and greatest
    /// values that went with them, merges small segments, or gives free pages back to the file system.
    ///
    /// - Parameter isIdle: whether nobody waits for the writer. Otherwise a step is done when the last commits have left
    ///   small segments enough, and ten times in a second by the clock of the commits: traffic may be steady for days.
    /// - Returns: whether there may be more to do at once.
    public func maintain(isIdle: Bool) throws(StoreError) -> Bool {
        let hasNewSmallOnes = applier.segments.takeHasSmallOnes()
        guard isIdle || hasNewSmallOnes || pace.takeStep(nowMs: commitMs) else { return false }
        // While a pruning goes on, more will go from the same segments and hours, and it does that itself.
        if !isPruning {
            if try resumePruning() { return true }
            if try restoreExtremes() { return true }
        }
        if try write({ () throws(StoreError) in try compaction.step() }) { return true }
        return try shrink()
    }

    /// Whether a pruning that was broken off has left more.
    private func resumePruning() throws(StoreError) -> Bool {
        let removed = try write { () throws(StoreError) in try pruning.resume() }
        applier.forget(removed)
        return removed.hasMore
    }

    private func restoreExtremes() throws(StoreError) -> Bool {
        try write { () throws(StoreError) in try applier.rollups.restoreExtremes() }
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
    /// belongs to them, and gives some free pages back. Running ones of which something was heard since then stay. Records
    /// that have been parked since before then are forgotten too: what they wait for may be gone.
    ///
    /// Their values are out of reach at once, and out of the segments when there is no more to do; the rollups' least and
    /// greatest values are those of what is left then, and free pages are given back, but for a few.
    /// - Returns: how many were removed, fewer than `limit` if they are large, none if one is so large that it takes several calls,
    ///   or if all are gone and the last steps clear up after them; and whether there may be more to do.
    public func prune(before: Int64, limit: Int) throws(StoreError) -> (removed: Int, hasMore: Bool) {
        let (removed, hasMoreParked) = try write { () throws(StoreError) in
            let removed = try pruning.step(.began(before: before), limit: limit)
            return (removed, try applier.parked.deleteExpired(before: before))
        }
        prunedAt = .now
        applier.forget(removed)
        let isRemoving = removed.hasMore || hasMoreParked
        // The workflows are gone already: what cannot be done now is a matter for later steps. An hour from which more
        // goes would be read again and again.
        let isSearching = isRemoving ? false : (try? restoreExtremes()) ?? false
        let hasShrunk = (try? shrink()) ?? false
        return (removed.workflows.count, isRemoving || isSearching || hasShrunk)
    }

    /// Free pages are used again by what comes, so a few may stay.
    private func shrink() throws(StoreError) -> Bool {
        try shrink(keeping: max(Int64(Self.pagesPerStep), try connection.integer("PRAGMA page_count") / 50))
    }

    /// Gives some free pages back if there are more than `pages`. Returns whether it did.
    func shrink(keeping pages: Int64) throws(StoreError) -> Bool {
        guard try connection.integer("PRAGMA freelist_count") > pages else { return false }
        log.checkpointIfDue()
        do throws(StoreError) {
            try connection.execute("PRAGMA incremental_vacuum(\(Self.pagesPerStep))")
        } catch {
            note(error)
            throw error
        }
        return true
    }
}
