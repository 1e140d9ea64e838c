/// What a writer has done since it was opened: for `status` and for metrics.
public struct StoreCounters: Equatable, Sendable {
    /// Transactions that were committed for groups of batches.
    public var commits: UInt64 = 0
    /// Batches that were applied.
    public var batches: UInt64 = 0
    /// Batches that had been applied before and were not applied again.
    public var duplicates: UInt64 = 0
    /// Records that were accepted, repetitions and released ones included.
    public var events: UInt64 = 0
    /// Records that were refused and kept in `rejected_records`.
    public var rejected: UInt64 = 0
    /// Records that were kept because their parents had not arrived.
    public var parked: UInt64 = 0
    /// Parked records whose parents arrived, whether they were then accepted or rejected.
    public var released: UInt64 = 0
    /// Checkpoints that copied all of the write-ahead log into the database.
    public var checkpoints: UInt64 = 0
    /// Checkpoints that could not finish because somebody was reading or the disk failed.
    public var incompleteCheckpoints: UInt64 = 0

    /// All zero.
    public init() {}

    mutating func add(_ other: StoreCounters) {
        commits += other.commits
        batches += other.batches
        duplicates += other.duplicates
        events += other.events
        rejected += other.rejected
        parked += other.parked
        released += other.released
    }
}

/// The bounds of a writer. The defaults serve well; tests make them small.
public struct StoreLimits: Sendable {
    /// Most records that wait for their parents; one more is rejected as `parked_limit`, which can be tried again.
    public var parkedRecords = 100_000
    /// Most workflows that are remembered, at some 100 bytes each.
    public var liveWorkflows = 16_384
    /// Most nodes that are remembered, at some 200 bytes each.
    public var liveNodes = 65_536
    /// Most producers that are remembered.
    public var liveProducers = 8_192
    /// Bytes in the write-ahead log from which it is copied into the database.
    public var checkpointBytes = 16 << 20
    /// Bytes in the write-ahead log from which it is also made small again, as soon as nobody reads.
    public var truncateBytes = 64 << 20
    /// Bytes of the database's pages that the writer keeps in memory.
    public var cacheBytes = 16 << 20

    /// The defaults.
    public init() {}
}
