internal import NIOCore
internal import TracewireProtocol
internal import TracewireStore

// Queries and their answers.
extension ConnectionHandler {
    func run(_ query: Query, _ id: UInt64) {
        guard let context, let project, let principal else { return }
        if let refusal = principal.refusal(of: query.request, actions: StoreWriter.actions) {
            return refuseQuery(id, refusal, project)
        }
        let connection = ConnectionReference(number: number, handler: self, eventLoop: context.eventLoop)
        let exchange = QueryExchange(
            id: id, query: query, project: project, principal: principal, connection: connection,
            pool: shared.queries, configuration: shared.configuration)
        exchanges[id] = exchange
        if let refusal = shared.queries.run(exchange) { queryEnded(id, refusal) }
    }

    /// A frame of an answer; `sent` is called when the socket has taken it, or never will.
    func writeAnswer(
        _ type: FrameType, flags: FrameFlags, id: UInt64, body: [UInt8], sent: @escaping @Sendable () -> Void
    ) {
        guard let context, exchanges[id] != nil else {
            sent()
            return
        }
        let promise = context.eventLoop.makePromise(of: Void.self)
        promise.futureResult.whenComplete { _ in sent() }
        write(frame: FrameEncoder.frame(type, flags: flags, sequence: id, body: body.span), promise: promise)
        flush()
    }

    func queryEnded(_ id: UInt64, _ summary: Summary) {
        guard exchanges.removeValue(forKey: id) != nil, let project else { return }
        endQuery(id, summary, project)
        flush()
        if isFinishing { closeWhenSettled() }
    }

    /// What the principal may not ask never comes to the store.
    private func refuseQuery(_ id: UInt64, _ refusal: Summary, _ project: Project) {
        endQuery(id, refusal, project)
        flush()
    }

    private func endQuery(_ id: UInt64, _ summary: Summary, _ project: Project) {
        project.counters.add {
            $0.queries += 1
            if summary.code != .ok { $0.queriesFailed += 1 }
        }
        shared.frames.give(back: queryBytes.removeValue(forKey: id) ?? 0, of: owner)
        session.queryEnded(id: id)
        write(.summary, sequence: id, summary)
    }

    func watch(after position: UInt64, _ id: UInt64) {
        guard let context, let project, let principal else { return }
        watches.insert(id)
        if let refusal = principal.refusalOfWatching { return watchEnded(id, refusal) }
        let connection = ConnectionReference(number: number, handler: self, eventLoop: context.eventLoop)
        if let answer = project.watchers.watch(after: position, id: id, connection) { watchEnded(id, answer) }
    }

    func cancel(_ id: UInt64) {
        exchanges[id]?.cancel()
        if watches.contains(id), project?.watchers.cancel(id: id, connection: number) == true {
            watchEnded(id, Summary(code: .cancelled, message: "the watch was cancelled"))
        }
    }

    func watchEnded(_ id: UInt64, _ summary: Summary) {
        guard watches.remove(id) != nil else { return }
        session.queryEnded(id: id)
        write(.summary, sequence: id, summary)
        flush()
        if isFinishing { closeWhenSettled() }
    }

    /// Whoever leaves waits for nothing any more.
    func endWatches() {
        for id in watches where project?.watchers.cancel(id: id, connection: number) == true {
            watchEnded(id, .shuttingDown)
        }
    }
}
