internal import Synchronization
internal import TracewireProtocol

/// How long a query may run and whether it is still wanted: shared by the thread that runs it and those that may end it.
public final class QueryControl: Sendable {
    /// When the query has to have ended; `nil` for never. Time spent waiting to be run counts.
    public let deadline: ContinuousClock.Instant?
    private let cancellation = Atomic(false)

    /// A control for one query.
    public init(deadline: ContinuousClock.Instant? = nil) {
        self.deadline = deadline
    }

    /// Ends the query soon, with `cancelled`. Can be called from any thread, any number of times, also before the query
    /// runs and after it has ended.
    public func cancel() {
        cancellation.store(true, ordering: .relaxed)
    }

    /// Whether ``cancel()`` was called.
    public var isCancelled: Bool { cancellation.load(ordering: .relaxed) }
}

/// What a collector lets a query cost. A query may lower each limit, never raise it.
public struct QueryLimits: Sendable, Equatable {
    /// Longest time from the start of the query to its end, in milliseconds.
    public var timeoutMs: UInt32
    /// Most rows; those up to it are delivered.
    public var rows: UInt64
    /// Most bytes of `ROWS` bodies; whole rows up to it are delivered.
    public var bytes: UInt64
    /// Most bytes of memory that SQLite may take for it, and that a row may which is delivered: it is copied once beside them.
    public var memoryBytes: Int

    /// By default 30 seconds, a million rows, 1 GiB, and 256 MiB of memory: four values of the largest size.
    public init(
        timeoutMs: UInt32 = 30_000, rows: UInt64 = 1_000_000, bytes: UInt64 = 1 << 30, memoryBytes: Int = 256 << 20
    ) {
        self.timeoutMs = timeoutMs
        self.rows = rows
        self.bytes = bytes
        self.memoryBytes = memoryBytes
    }

    /// These limits, lowered to what the query asks for.
    func lowered(by query: Query) -> QueryLimits {
        QueryLimits(
            timeoutMs: query.timeoutMs == 0 ? timeoutMs : min(timeoutMs, query.timeoutMs),
            rows: query.maximumRows == 0 ? rows : min(rows, query.maximumRows),
            bytes: query.maximumBytes == 0 ? bytes : min(bytes, query.maximumBytes), memoryBytes: memoryBytes)
    }
}
