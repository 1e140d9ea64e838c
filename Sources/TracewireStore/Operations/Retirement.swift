internal import CSQLite

/// What a database takes on its disk.
public struct StoreSpace: Equatable, Sendable {
    /// Of all its files: the database itself, its log, and what SQLite keeps beside that.
    public var fileBytes: Int64
    /// Of the log alone.
    public var logBytes: Int64
    /// What the database needs for what is in it.
    public var contentBytes: Int64
    /// Pages of the database in which nothing is any more.
    public var freeBytes: Int64

    public init(fileBytes: Int64, logBytes: Int64, contentBytes: Int64, freeBytes: Int64) {
        self.fileBytes = fileBytes
        self.logBytes = logBytes
        self.contentBytes = contentBytes
        self.freeBytes = freeBytes
    }
}

// What goes by itself: because it is old, or because there is no room for it. Each call is one short transaction.
extension StoreWriter {
    /// What the database takes now.
    public func space() throws(StoreError) -> StoreSpace {
        let pageBytes = try connection.integer("PRAGMA page_size")
        let pages = try connection.integer("PRAGMA page_count")
        let free = try connection.integer("PRAGMA freelist_count")
        let logBytes = FileSize.bytes(path + "-wal")
        return StoreSpace(
            fileBytes: FileSize.bytes(path) + logBytes + FileSize.bytes(path + "-shm"), logBytes: logBytes,
            contentBytes: (pages - free) * pageBytes, freeBytes: free * pageBytes)
    }

    /// Removes at most `limit` workflows that had ended before `endedBefore`, in milliseconds since 1970, the oldest first,
    /// with everything that belongs to them. Their values stay in the segments until ``clearRetired()``.
    ///
    /// - Returns: how many were removed, fewer than `limit` if they are large, none if one is so large that it takes several calls;
    ///   and whether there may be more.
    public func retire(endedBefore: Int64, limit: Int) throws(StoreError) -> (removed: Int, hasMore: Bool) {
        let removed = try write { () throws(StoreError) in
            try pruning.step(.ended(before: endedBefore), limit: limit)
        }
        if removed.rows > 0 { prunedAt = .now }
        applier.forget(removed)
        return (removed.workflows.count, removed.rows > 0 && removed.hasMore)
    }

    /// Forgets rejected records, and records that wait, which came before that time, in milliseconds since 1970.
    ///
    /// - Returns: how many; and whether there may be more.
    public func forgetRecords(receivedBefore: Int64) throws(StoreError) -> (removed: Int, hasMore: Bool) {
        try write { () throws(StoreError) in
            let rejected = try applier.rejected.deleteExpired(before: receivedBefore)
            let waiting = try applier.parked.count()
            let hasMoreParked = try applier.parked.deleteExpired(before: receivedBefore)
            let parked = waiting - (try applier.parked.count())
            return (rejected.count + Int(parked), rejected.hasMore || hasMoreParked)
        }
    }

    /// Takes values of what was removed out of a few segments. Returns whether there are more.
    public func clearRetired() throws(StoreError) -> Bool {
        try write { () throws(StoreError) in try pruning.clearStaleSegments() }
    }

    /// Gives a few free pages back to the file system, but for so many bytes of them: what comes next would only ask for these
    /// again. Returns whether there are more.
    public func giveBack(keeping bytes: Int64) throws(StoreError) -> Bool {
        try shrink(keeping: bytes / (try connection.integer("PRAGMA page_size")))
    }

    /// Copies the log into the database and makes both as small as they can be.
    ///
    /// - Returns: whether that was done. If not, somebody reads.
    @discardableResult
    public func emptyLog() throws(StoreError) -> Bool {
        let result = log.checkpoint(SQLITE_CHECKPOINT_TRUNCATE)
        if let failure = log.failure { throw failure }
        return result == SQLITE_OK
    }
}
