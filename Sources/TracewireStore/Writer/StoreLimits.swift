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
