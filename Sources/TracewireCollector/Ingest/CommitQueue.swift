internal import NIOConcurrencyHelpers
internal import TracewireProtocol
internal import TracewireStore

/// A batch on its way to the writer, and where the answer goes.
struct PendingBatch: Sendable {
    let batch: IncomingBatch
    let connection: ConnectionReference
    let owner: Owner

    /// What it takes in memory: its bytes, and each record beside the sentence that is said of a bad one.
    var memory: UnsettledWork.Part {
        let records = batch.records.count * (MemoryLayout<ReceivedRecord>.stride + 128)
        return UnsettledWork.Part(owner: owner, bytes: batch.bytes.count + records)
    }
}

/// A producer that asks to send, and how it is answered: after the commit that remembers it, on the writer's thread.
struct PendingOpening: Sendable {
    let opening: ProducerOpening
    let answer: @Sendable (Result<Result<UInt64, ProtocolViolation>, StoreError>) -> Void
}

/// Work for the thread that owns the store's writer.
enum WriterWork: Sendable {
    case commit(PendingBatch)
    /// Shares the commit of the batches around it.
    case open(PendingOpening)
    /// Anything else that only the writer may do. It runs between two commits.
    case perform(@Sendable (StoreWriter) -> Void)
}

/// What waits for the writer, in order. It holds no more batches than clients have credit for: the budget is its bound.
/// Other work is at most one opening a connection and the actions that queries ask for.
final class CommitQueue: Sendable {
    private struct State {
        var work: [WriterWork] = []
        var bytes = 0
        /// When each batch came that is not settled, also those that the writer has taken. They are settled in order.
        var arrivals: [ContinuousClock.Instant] = []
        var isStopping = false
    }

    /// What the writer should do next.
    enum Next {
        case work([WriterWork])
        /// Nothing came in time.
        case idle
        /// The queue is empty and nothing will come any more.
        case stop
    }

    private let state = NIOLockedValueBox(State())
    private let signal = ConditionLock(value: false)

    /// Raw bytes of the batches that wait.
    var bytes: Int { state.withLockedValue { $0.bytes } }

    /// How long the oldest batch has waited that is not committed; `nil` if all are.
    var oldestAge: Duration? { state.withLockedValue { $0.arrivals.first }?.duration(to: .now) }

    /// The oldest `count` batches were committed, or failed.
    func settled(_ count: Int) {
        state.withLockedValue { $0.arrivals.removeFirst(min(count, $0.arrivals.count)) }
    }

    /// Adds work. Returns `false` if the queue is stopping: the work will not be done.
    func append(_ work: WriterWork) -> Bool {
        let isAdded = state.withLockedValue { state in
            guard !state.isStopping else { return false }
            state.work.append(work)
            if case .commit(let pending) = work {
                state.bytes += pending.batch.bytes.count
                state.arrivals.append(.now)
            }
            return true
        }
        wake()
        return isAdded
    }

    /// Lets the writer finish what waits, then stop.
    func stop() {
        state.withLockedValue { $0.isStopping = true }
        wake()
    }

    /// All that waits: while one commit is syncing, the next gathers. Waits for `seconds` at most.
    func next(waiting seconds: Double) -> Next {
        let isSignalled = signal.lock(whenValue: true, timeoutSeconds: seconds)
        if isSignalled { signal.unlock(withValue: false) }
        return state.withLockedValue { state in
            // What was signalled may have been taken with what came before it: that is no rest.
            guard !state.work.isEmpty || isSignalled && !state.isStopping else {
                return state.isStopping ? .stop : .idle
            }
            defer {
                state.work = []
                state.bytes = 0
            }
            return .work(state.work)
        }
    }

    private func wake() {
        signal.lock()
        signal.unlock(withValue: true)
    }
}
