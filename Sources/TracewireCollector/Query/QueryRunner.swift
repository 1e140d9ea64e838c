internal import NIOConcurrencyHelpers
internal import TracewireProtocol
internal import TracewireStore

/// Answers one query: most from the store's reader, `status` from the collector's own figures, actions by the writer.
struct QueryRunner: Sendable {
    let configuration: CollectorConfiguration

    /// Runs on a thread of the pool; `reader` is that thread's own and is opened when it is first needed.
    func run(_ exchange: QueryExchange, _ reader: inout ProjectReader) -> Summary {
        if case .report(let name, let arguments) = exchange.query.request {
            if name == StatusReport.name { return runStatus(exchange, &reader) }
            if StoreWriter.actions.contains(name) { return perform(name, arguments, exchange) }
        }
        return read(exchange.query, exchange, &reader)
    }

    private func read(_ query: Query, _ exchange: QueryExchange, _ reader: inout ProjectReader) -> Summary {
        switch open(&reader, exchange.project) {
        case .failure(let summary): summary
        case .success(let reader): run(query, exchange, reader)
        }
    }

    private func run(_ query: Query, _ exchange: QueryExchange, _ reader: StoreReader) -> Summary {
        var summary = reader.run(
            query, limits: limits(query.request), control: exchange.control, columns: { try exchange.send($0) },
            rows: { try exchange.send(rows: $0) })
        // The reader knows only that nobody took what it gave.
        if summary.code == .cancelled, let why = exchange.interruption { summary.end(by: why) }
        return summary
    }

    private func open(_ reader: inout ProjectReader, _ project: Project) -> ReaderAnswer {
        do throws(StoreError) {
            return .success(try reader.of(project))
        } catch {
            return .failure(
                Summary(code: .storageUnavailable, message: "the database cannot be read: \(error)", retryAfterMs: 1000)
            )
        }
    }

    private enum ReaderAnswer {
        case success(StoreReader)
        case failure(Summary)
    }

    private func limits(_ request: Query.Request) -> QueryLimits {
        QueryLimits(
            timeoutMs: UInt32(clamping: configuration.timeout(for: request).wholeMilliseconds),
            rows: configuration.queryRows,
            bytes: configuration.queryBytes)
    }

    /// The store's counts, then the collector's.
    private func runStatus(_ exchange: QueryExchange, _ reader: inout ProjectReader) -> Summary {
        var query = exchange.query
        query.request = .report(name: "counts", arguments: [:])
        guard case .success(let reader) = open(&reader, exchange.project) else { return read(query, exchange, &reader) }
        var summary = run(query, exchange, reader)
        guard summary.code == .ok else { return summary }
        let (rows, body) = exchange.project.status.rows(
            isOperator: exchange.isOperator, in: exchange.project.name)
        do throws(QueryExchange.Interruption) {
            try exchange.send(rows: body)
        } catch {
            summary.end(by: error)
            return summary
        }
        summary.rows += UInt64(rows)
        summary.bytes += UInt64(body.count)
        return summary
    }

    /// Waits for the writer: an action is done when its commit is.
    private func perform(_ name: String, _ arguments: [String: Value], _ exchange: QueryExchange) -> Summary {
        guard exchange.secondsLeft > 0 else {
            return Summary(code: .deadlineExceeded, message: "its time was over before its turn came; nothing was done")
        }
        let answer = NIOLockedValueBox<Result<Result<ActionAnswer, QueryFault>, StoreError>?>(nil)
        let done = ConditionLock(value: false)
        let isQueued = exchange.project.queue.append(
            .perform { writer in
                let result = Result { () throws(StoreError) in
                    try writer.perform(name, arguments: arguments, nowMs: WallClock.nowMs())
                }
                answer.withLockedValue { $0 = result }
                done.lock()
                done.unlock(withValue: true)
            })
        guard isQueued else { return .shuttingDown }
        guard done.lock(whenValue: true, timeoutSeconds: max(0, exchange.secondsLeft)) else {
            return Summary(code: .deadlineExceeded, message: "the writer has not come to it yet; it will still be done")
        }
        done.unlock()
        switch answer.withLockedValue({ $0 }) {
        case .success(.success(let table)): return send(table, exchange)
        case .success(.failure(let fault)): return Summary(code: fault.code, message: fault.message)
        case .failure(let error):
            return Summary(code: .storageUnavailable, message: error.description, retryAfterMs: 1000)
        case nil: return Summary(code: .internalFailure, message: "the action gave no answer")
        }
    }

    private func send(_ table: ActionAnswer, _ exchange: QueryExchange) -> Summary {
        let body = table.rows.encoded()
        do {
            try exchange.send(table.columns)
            try exchange.send(rows: body)
        } catch {
            return Summary(code: .cancelled, message: "the action was done, its answer was not wanted")
        }
        return Summary(rows: UInt64(table.rows.rows.count), bytes: UInt64(body.count))
    }
}
