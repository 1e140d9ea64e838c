/// Every limit of the protocol, in one place. `protocol/SPEC.md`, section "Limits", states the same numbers.
///
/// Those that a collector announces in `WELCOME` (``SessionLimits``) may be lowered by it, never raised above these.
public enum Limits {
    /// Bytes of the fixed frame header.
    public static let headerBytes = 32
    /// Least that a collector may announce for any of its limits in bytes.
    public static let smallestAnnouncedBytes = 1024
    /// Largest body of a frame as sent, in bytes.
    public static let frameWireBytes = 4 << 20
    /// Largest body of a frame after inflating, in bytes.
    public static let frameRawBytes = 4 << 20
    /// Least rate at which a frame or batch must come, or an answer be taken, beyond the time that it may take in any case,
    /// in bytes a second.
    public static let leastBytesPerSecond = 64 << 10
    /// Largest body of a frame before the session is open, in bytes: a stranger reserves no more than this.
    public static let helloBytes = 16 << 10
    /// Largest batch, all its frames together and inflated, in bytes.
    public static let batchBytes = 96 << 20
    /// Most records in a batch.
    public static let batchRecords = 4096
    /// Largest record as encoded, in bytes.
    public static let recordBytes = 80 << 20
    /// Largest single text or JSON value, in bytes.
    public static let valueBytes = 64 << 20
    /// Largest name (user, workflow, node, model, …), in bytes: what goes into indexes.
    public static let nameBytes = 1024
    /// What a collector keeps of a client's name, in bytes.
    public static let clientNameBytes = 256
    /// Deepest nesting of arrays and objects in a JSON value.
    public static let jsonDepth = 512
    /// Largest integer a record may carry: the largest that JSON readers keep exactly, 2^53 - 1.
    public static let largestInteger: Int64 = 9_007_199_254_740_991
    /// Largest `execution_order`.
    public static let largestExecutionOrder: Int64 = 2_147_483_647
    /// Latest time, in milliseconds since 1970: the end of the year 9999.
    public static let latestTime: Int64 = 253_402_300_799_999
    /// Credit that every connection is granted at once, in raw bytes, whatever the load.
    public static let smallestCredit = 16 << 10
    /// Largest zstd window of a body that is a frame of its own, as a power of two.
    public static let largestWindowLog = 23
    /// The window that a collector grants at most, as a power of two. A larger one costs memory on every connection and
    /// gains little: states of one workflow lie close together.
    public static let grantedWindowLog = 20
    /// Smallest zstd window that is worth a stream, as a power of two.
    public static let smallestWindowLog = 10
    /// Queries that may run on one connection at a time.
    public static let queriesPerConnection = 8
    /// Longest query text, in bytes.
    public static let queryTextBytes = 1 << 20
    /// Most parameters of a query's SQL.
    public static let queryParameters = 1_000
    /// Longest text that a report searches for, in bytes.
    public static let searchBytes = 1_000
    /// Longest sentence of a verdict, in bytes: the verdicts of a whole batch fit into one frame.
    public static let verdictMessageBytes = 512
}
