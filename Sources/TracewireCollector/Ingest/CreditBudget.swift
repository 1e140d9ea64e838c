internal import NIOConcurrencyHelpers
internal import NIOCore
internal import TracewireProtocol

/// Bounds the raw bytes of all batches that clients may have under way together.
///
/// Every connection has ``Limits/smallestCredit`` of its own, so that none starves; what it may have beyond that comes
/// from one pool. Credit that was given cannot be taken back, however long its connection is idle then: so one that has
/// sent nothing gets little of what is left to its token, and one that sends gets twice what it has under way, never more
/// than is left to the token's others. A batch that is larger than that could get stuck half arrived; one batch at a time may
/// therefore go beyond the pool, until it is settled, and the others take turns.
final class CreditBudget: Sendable {
    private struct State {
        var shares: FairShares
        var large = LargeBatchQueue()
    }

    /// Most credit that one connection is granted at a time.
    static let largestCredit = 4 << 20
    /// Most that a connection is granted of the pool before it sends more.
    static let idleCredit = 512 << 10
    /// The part that it is granted then of what is left to its token.
    private static let idlePart = 8

    /// Least that a large batch is granted at a time.
    private static let smallestStep = 4 * Limits.smallestCredit

    private let state: NIOLockedValueBox<State>

    /// - Parameter projects: how many there may be.
    init(bytes: Int, projects: Int) {
        state = NIOLockedValueBox(State(shares: FairShares(of: bytes, projects: projects)))
    }

    /// Bytes that are granted beyond the small credits.
    var bytesGranted: Int { state.withLockedValue { $0.shares.taken } }

    func connectionClosed(_ connection: Int, returning bytes: Int, of owner: Owner?) {
        let next = state.withLockedValue { state in
            if let owner { state.shares.give(back: bytes, of: owner) }
            return state.large.leave(connection, at: .now())
        }
        next?()
    }

    /// Takes what a connection may have of the pool now. Returns how much was taken.
    ///
    /// - Parameters:
    ///   - underWay: bytes of batches that it has sent and that are not settled.
    ///   - held: what it has of the pool.
    ///   - least: less than this is not taken.
    func take(for owner: Owner, underWay: Int, held: Int, least: Int = 0) -> Int {
        state.withLockedValue { state in
            let left = state.shares.left(to: owner)
            let wanted = min(Self.largestCredit, max(2 * underWay, min(Self.idleCredit, left / Self.idlePart)))
            let bytes = max(0, min(wanted - held, FairShares.share(of: left, held: held)))
            guard bytes >= least else { return 0 }
            state.shares.take(bytes, for: owner)
            return bytes
        }
    }

    func give(back bytes: Int, of owner: Owner) {
        state.withLockedValue { $0.shares.give(back: bytes, of: owner) }
    }

    /// Asks to go beyond the pool for a batch. `granted` is called, at once or later and on any thread, when it may.
    func requestLargeBatch(
        _ batch: LargeBatchQueue.Batch, of owner: Owner, granted: @escaping LargeBatchQueue.Granted
    ) {
        let mayGoOn = state.withLockedValue { $0.large.request(batch, of: owner, at: .now(), granted: granted) }
        if mayGoOn { granted() }
    }

    /// How much more the large batch is granted at a time, of which so many bytes have come. What it does not use stays with
    /// its client: so it is no more than has come, and little where the pool has little.
    func step(of bytes: Int) -> Int {
        let free = state.withLockedValue { $0.shares.common }
        return max(Self.smallestStep, min(Self.largestCredit, bytes, free / 2))
    }

    /// The batch is settled, or will not go on, or needs no more than its connection has: the next may go on.
    func releaseLargeBatch(_ batch: LargeBatchQueue.Batch) {
        state.withLockedValue { $0.large.release(batch, at: .now()) }?()
    }

    /// Whether the batch went beyond the pool, and has kept another one waiting for as long as `patience`.
    func isOverdue(_ batch: LargeBatchQueue.Batch, patience: TimeAmount, now: NIODeadline) -> Bool {
        state.withLockedValue { $0.large.isOverdue(batch, patience: patience, at: now) }
    }
}
