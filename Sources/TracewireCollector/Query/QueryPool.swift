internal import Dispatch
internal import NIOConcurrencyHelpers
internal import NIOCore
internal import NIOPosix
internal import TracewireProtocol
internal import TracewireStore

/// Runs queries on a few threads, each with a reader of its own.
///
/// What is more than the threads can take waits, up to a bound; what is beyond the bound is told to come again. `status`
/// has places for itself: it is answered whatever else is asked.
final class QueryPool: Sendable {
    private struct State {
        var status: QuerySchedule<QueryExchange>
        var others: QuerySchedule<QueryExchange>
        var threads = 0
        var resting = 0
        var isStopping = false

        var hasNext: Bool { status.hasNext || others.hasNext }

        mutating func next() -> QueryExchange? { status.next() ?? others.next() }

        mutating func change<Result>(
            _ exchange: QueryExchange, _ body: (inout QuerySchedule<QueryExchange>) -> Result
        ) -> Result {
            exchange.isStatus ? body(&status) : body(&others)
        }
    }

    private enum Step {
        case run(QueryExchange)
        case rest
        case leave
    }

    private let state: NIOLockedValueBox<State>
    /// Its value: whether a resting thread may look for work.
    private let signal = ConditionLock(value: false)
    private let threads: NIOThreadPool
    /// Threads that stay, with their readers open, when there is nothing to do.
    private let restingLimit: Int
    private let runner: QueryRunner

    /// - Parameter running: queries of a project that work at a time, `status` not counted. One of another project may
    ///   besides.
    init(runner: QueryRunner, running: Int) {
        self.runner = runner
        let others = Self.others(running: running)
        state = NIOLockedValueBox(State(status: QuerySchedule(Self.status), others: QuerySchedule(others)))
        restingLimit = running + 2
        threads = NIOThreadPool(numberOfThreads: Self.threads(running: running))
    }

    /// How many threads there are at most.
    static func threads(running: Int) -> Int { status.threads + others(running: running).threads }

    private static let status = QuerySchedule<QueryExchange>.Bounds(
        running: 2, runningOfProject: 1, waiting: 256, stalled: 4, stalledBytes: 16 << 20)

    private static func others(running: Int) -> QuerySchedule<QueryExchange>.Bounds {
        .init(
            running: running + 1, runningOfProject: running, waiting: 256, stalled: 16, stalledBytes: 256 << 20)
    }

    /// Whether a thread works for anything but `status`.
    var isWorking: Bool { state.withLockedValue { !$0.others.underWay.isEmpty } }

    func start() {
        threads.start()
    }

    /// Queues `exchange`. Returns the summary to send instead if it cannot be run.
    func run(_ exchange: QueryExchange) -> Summary? {
        let refusal = state.withLockedValue { state -> Summary? in
            if state.isStopping { return .shuttingDown }
            if state.change(exchange, { $0.add(exchange, of: exchange.owner) }) { return nil }
            return Summary(code: .busy, message: "too many queries are waiting", retryAfterMs: 1000)
        }
        summon()
        return refusal
    }

    /// Cancels what runs, and answers what waits. Doing it again does nothing.
    private func cancelAll() {
        let (waiting, underWay) = state.withLockedValue { state in
            state.isStopping = true
            return (
                state.status.takeWaiting() + state.others.takeWaiting(), state.status.underWay + state.others.underWay
            )
        }
        for exchange in waiting { exchange.finish(.shuttingDown) }
        for exchange in underWay { exchange.cancel(.stopping) }
        wake()
    }

    /// Cancels what runs, and returns when the threads have ended and their readers are closed, because SQLite removes the
    /// log's file with the last connection only; or after `patience`: what nothing can interrupt ends with the process.
    func stop(within patience: TimeAmount, on loop: any EventLoop) async {
        cancelAll()
        let ended = loop.makePromise(of: Void.self)
        let limit = loop.scheduleTask(in: patience) { ended.succeed() }
        // It fails only where the threads have been stopped before.
        threads.shutdownGracefully(queue: .global()) { _ in ended.succeed() }
        try? await ended.futureResult.get()
        limit.cancel()
    }

    // MARK: What a query's thread says

    /// The query waits for its client, and keeps so many bytes meanwhile.
    func stalled(_ exchange: QueryExchange, bytes: Int) {
        exchange.project.counters.add { $0.queriesStalled += 1 }
        state.withLockedValue { $0.change(exchange) { $0.stall(exchange, bytes: bytes) } }
        summon()
    }

    func resumed(_ exchange: QueryExchange) {
        exchange.project.counters.add { $0.queriesStalled -= 1 }
        state.withLockedValue { $0.change(exchange) { $0.resume(exchange) } }
        // It leaves room among the stalled ones.
        summon()
    }

    /// Whether a query that has stalled for long must end now.
    func yields(_ exchange: QueryExchange) -> Bool {
        state.withLockedValue { $0.change(exchange) { $0.yields(exchange) } }
    }

    // MARK: The threads

    /// Finds a thread for the next query that may begin, if there is one. That thread looks for the one after it.
    private func summon() {
        let isNew = state.withLockedValue { state -> Bool? in
            guard state.hasNext else { return nil }
            if state.resting > 0 { return false }
            guard state.threads < threads.numberOfThreads else { return nil }
            state.threads += 1
            return true
        }
        switch isNew {
        case true?: threads.submit { [self] in if case .active = $0 { serve() } }
        case false?: wake()
        case nil: break
        }
    }

    private func serve() {
        var reader = ProjectReader()
        while let exchange = next() {
            summon()
            let summary = runner.run(exchange, &reader)
            state.withLockedValue { $0.change(exchange) { $0.end(exchange) } }
            exchange.finish(summary)
        }
    }

    private func next() -> QueryExchange? {
        while true {
            switch step() {
            case .run(let exchange): return exchange
            case .leave:
                // The others that rest leave too, one after the other.
                if state.withLockedValue({ $0.isStopping }) { wake() }
                return nil
            case .rest:
                signal.lock(whenValue: true)
                signal.unlock(withValue: false)
                state.withLockedValue { $0.resting -= 1 }
            }
        }
    }

    private func step() -> Step {
        state.withLockedValue { state in
            if let exchange = state.next() { return .run(exchange) }
            guard !state.isStopping, state.resting < restingLimit else {
                state.threads -= 1
                return .leave
            }
            state.resting += 1
            return .rest
        }
    }

    private func wake() {
        signal.lock()
        signal.unlock(withValue: true)
    }
}
