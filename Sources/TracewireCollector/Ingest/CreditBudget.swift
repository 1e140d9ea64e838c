internal import NIOConcurrencyHelpers
internal import TracewireProtocol

/// Bounds the raw bytes of all batches that clients may have under way together.
///
/// Every connection has ``Limits/smallestCredit`` of its own, so that none starves; what it may have beyond that comes
/// from one pool, at most a fair share of it. A batch that is larger than its connection's credit could get stuck half
/// arrived; one batch at a time may therefore go beyond the pool, until it is settled, and the others queue.
final class CreditBudget: Sendable {
    /// A batch that is larger than the credit of its connection.
    struct LargeBatch: Equatable, Sendable {
        let connection: Int
        let sequence: UInt64
    }

    private struct State {
        var available: Int
        var connections = 0
        var large: LargeBatch?
        /// Batches that wait to be the large one, and how each connection is told. At most one entry a connection: only
        /// one of its batches can be half arrived.
        var waiting: [(batch: LargeBatch, granted: @Sendable () -> Void)] = []

        /// Lets the next batch be the large one. Returns how its connection is told.
        mutating func nextLarge() -> (@Sendable () -> Void)? {
            large = nil
            guard !waiting.isEmpty else { return nil }
            let next = waiting.removeFirst()
            large = next.batch
            return next.granted
        }
    }

    /// Most credit that one connection is granted at a time.
    static let largestCredit = 4 << 20

    private let pool: Int
    private let state: NIOLockedValueBox<State>

    init(bytes: Int) {
        pool = bytes
        state = NIOLockedValueBox(State(available: bytes))
    }

    /// Bytes that are granted beyond the small credits.
    var bytesGranted: Int { state.withLockedValue { pool - $0.available } }

    func connectionOpened() {
        state.withLockedValue { $0.connections += 1 }
    }

    func connectionClosed(connection: Int, returning bytes: Int) {
        let next = state.withLockedValue { state in
            state.connections -= 1
            state.available += bytes
            state.waiting.removeAll { $0.batch.connection == connection }
            return state.large?.connection == connection ? state.nextLarge() : nil
        }
        next?()
    }

    /// Takes what brings a connection from `held` pooled bytes towards its fair share. Returns how much was taken.
    func take(held: Int) -> Int {
        state.withLockedValue { state in
            let share = min(Self.largestCredit, pool / max(1, state.connections))
            let bytes = max(0, min(share - held, state.available))
            state.available -= bytes
            return bytes
        }
    }

    func give(back bytes: Int) {
        state.withLockedValue { $0.available += bytes }
    }

    /// Asks to go beyond the pool for a batch. `granted` is called, at once or later and on any thread, when it may.
    func requestLargeBatch(_ batch: LargeBatch, granted: @escaping @Sendable () -> Void) {
        let mayGoOn = state.withLockedValue { state in
            if state.large == nil || state.large == batch {
                state.large = batch
                return true
            }
            if !state.waiting.contains(where: { $0.batch == batch }) { state.waiting.append((batch, granted)) }
            return false
        }
        if mayGoOn { granted() }
    }

    /// The batch is settled, or needs no more than its connection has: the next may go on.
    func releaseLargeBatch(_ batch: LargeBatch) {
        let next = state.withLockedValue { state in
            state.waiting.removeAll { $0.batch == batch }
            return state.large == batch ? state.nextLarge() : nil
        }
        next?()
    }
}

/// Bounds the memory of the windows that zstd streams keep.
final class WindowBudget: Sendable {
    /// What a decoder keeps beside its window, in bytes (zstd's documentation of `ZSTD_estimateDStreamSize`).
    private static let decoderBytes = 256 << 10
    private let available: NIOLockedValueBox<Int>

    init(bytes: Int) {
        available = NIOLockedValueBox(bytes)
    }

    /// Grants a window of at most `wanted` (a power of two) or none, which is 0.
    func grant(wanted: UInt32) -> UInt32 {
        guard wanted >= Limits.smallestWindowLog else { return 0 }
        let windowLog = min(wanted, UInt32(Limits.grantedWindowLog))
        return available.withLockedValue { available in
            let bytes = Self.bytes(windowLog)
            guard available >= bytes else { return 0 }
            available -= bytes
            return windowLog
        }
    }

    func give(back windowLog: UInt32) {
        guard windowLog > 0 else { return }
        available.withLockedValue { $0 += Self.bytes(windowLog) }
    }

    private static func bytes(_ windowLog: UInt32) -> Int {
        (1 << Int(windowLog)) + decoderBytes
    }
}
