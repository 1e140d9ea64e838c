/// What became of a spool that a process had left.
public struct ForwardedSpool: Equatable, Sendable {
    public enum State: Equatable, Sendable {
        /// Everything in it is answered, and it is gone.
        case delivered
        /// Some of it is still there.
        case unfinished
        /// Its process lives, or somebody else delivers it.
        case inUse
        /// It cannot be opened: ``ForwardedSpool/error`` says why.
        case unreadable
    }

    public let path: String
    public internal(set) var state = State.unfinished
    /// Records that were in it and not acknowledged.
    public internal(set) var records = 0
    public internal(set) var committed = 0
    public internal(set) var parked = 0
    public internal(set) var rejected = 0
    /// Records that are in it still.
    public internal(set) var left = 0
    /// What could not be read of it, as sentences. Damaged files are kept in `damaged`, beside the spools.
    public internal(set) var damage: [String] = []
    /// What went wrong last, as a sentence; `nil` if all is well.
    public internal(set) var error: String?

    init(path: String) {
        self.path = path
    }

    mutating func finish(_ counts: DeliveryCounts, _ progress: QueueProgress, _ error: String?) {
        records = counts.recorded
        (committed, parked, rejected) = (counts.committed, counts.parked, counts.rejected)
        left = Int(progress.recorded - progress.answered)
        state = left == 0 ? .delivered : .unfinished
        if counts.unreadable > 0 { damage.append("\(counts.unreadable) records could not be read back") }
        self.error = error
    }
}
