internal import Logging
internal import NIOConcurrencyHelpers
internal import NIOPosix
internal import TracewireProtocol
internal import TracewireStore

/// Runs queries on a few threads, each with its own read-only connection to the database.
///
/// What is more than the threads can take waits, up to a bound; what is beyond the bound is told to come again.
final class QueryPool: Sendable {
    private struct State {
        var waiting: [QueryExchange] = []
        var running: [ObjectIdentifier: QueryExchange] = [:]
        var isStopping = false
    }

    /// Most queries that wait for a thread.
    private static let waitingLimit = 256

    private let state = NIOLockedValueBox(State())
    private let signal = ConditionLock(value: false)
    private let threads: NIOThreadPool
    private let runner: QueryRunner

    init(runner: QueryRunner, threads count: Int) {
        self.runner = runner
        threads = NIOThreadPool(numberOfThreads: count)
        threads.start()
        for _ in 0..<count {
            threads.submit { [self] state in
                if case .active = state { serve() }
            }
        }
    }

    /// Queues `exchange`. Returns the summary to send instead if it cannot be run.
    func start(_ exchange: QueryExchange) -> Summary? {
        let refusal = state.withLockedValue { state -> Summary? in
            if state.isStopping {
                return Summary(code: .shuttingDown, message: "the collector is stopping", retryAfterMs: 1000)
            }
            guard state.waiting.count < Self.waitingLimit else {
                return Summary(code: .busy, message: "\(Self.waitingLimit) queries are waiting", retryAfterMs: 1000)
            }
            state.waiting.append(exchange)
            return nil
        }
        wake(true)
        return refusal
    }

    /// Cancels what runs or waits, and returns when the threads have ended and their readers are closed: SQLite removes
    /// the log's file with the last connection only. Doing it again does nothing.
    func stop() async {
        let all = state.withLockedValue { state in
            state.isStopping = true
            return state.waiting + state.running.values
        }
        for exchange in all { exchange.cancel() }
        wake(true)
        // It fails only where the threads have been stopped before.
        try? await threads.shutdownGracefully()
    }

    private func serve() {
        var reader: StoreReader?
        while let exchange = next() {
            exchange.finish(runner.run(exchange, &reader))
            state.withLockedValue { $0.running[ObjectIdentifier(exchange)] = nil }
        }
    }

    private func next() -> QueryExchange? {
        while true {
            signal.lock(whenValue: true)
            let (exchange, isStopping, more) = state.withLockedValue { state -> (QueryExchange?, Bool, Bool) in
                guard !state.waiting.isEmpty else { return (nil, state.isStopping, state.isStopping) }
                let exchange = state.waiting.removeFirst()
                state.running[ObjectIdentifier(exchange)] = exchange
                return (exchange, false, !state.waiting.isEmpty || state.isStopping)
            }
            signal.unlock(withValue: more)
            if exchange != nil || isStopping { return exchange }
        }
    }

    private func wake(_ value: Bool) {
        signal.lock()
        signal.unlock(withValue: value)
    }
}
