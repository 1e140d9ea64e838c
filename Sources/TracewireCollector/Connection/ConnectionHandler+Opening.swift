internal import Logging
internal import NIOCore
internal import TracewireProtocol
internal import TracewireStore

// `HELLO` to `WELCOME`.
extension ConnectionHandler {
    /// Who is there decides in which project; its database may have to be opened first.
    func open(_ hello: Hello) {
        guard let context else { return }
        watchdog?.isAwaitingHello = false
        logger[metadataKey: "client"] = "\(hello.clientName.prefix(64))"
        let principal: Principal
        do throws(ProtocolViolation) {
            principal = try authenticated(hello)
        } catch {
            return refuse(error)
        }
        self.principal = principal
        if let crowded = shared.connections.hold(token: principal.token, by: number) { return end(with: crowded) }
        if let project = shared.projects.ready(principal.project) { return enter(project, hello) }
        let connection = ConnectionReference(number: number, handler: self, eventLoop: context.eventLoop)
        workUnderWay += 1
        shared.projects.open(principal.project) { result in connection.execute { $0.projectOpened(result, hello) } }
    }

    /// - Throws: `unauthorized`.
    private func authenticated(_ hello: Hello) throws(ProtocolViolation) -> Principal {
        let principal = try shared.access.principal(token: hello.token).get()
        if let refusal = principal.refusal(of: hello) { throw refusal }
        return principal
    }

    /// Why the connection must end although it was let in; `nil` while its token holds.
    var revocation: ProtocolViolation? { principal.flatMap { shared.access.refusal(of: $0) } }

    private func projectOpened(_ result: Result<Project, Farewell>, _ hello: Hello) {
        guard workEnded(1) else { return }
        if isFinishing { return closeWhenSettled() }
        switch result {
        case .success(let project): enter(project, hello)
        case .failure(let farewell): end(with: farewell)
        }
    }

    /// What a producer takes in the database beside its name, about.
    private static var producerBytes: Int { 100 }
    /// How long a producer of a token that has sent more than it may is let in before it may be read from.
    private static var longestDelay: TimeAmount { .minutes(1) }

    private func enter(_ project: Project, _ hello: Hello) {
        guard let context, !session.isClosed else { return }
        self.project = project
        if project.name != .standard {
            logger[metadataKey: "project"] = "\(project.name)"
            project.counters.add {
                $0.connections += 1
                $0.connectionsTotal += 1
            }
        }
        producer = (hello.producer, hello.epoch)
        guard hello.producer != .zero else {
            welcome(lastCommitted: 0, hello)
            return
        }
        let clientName = hello.clientName.prefix(utf8Bytes: Limits.clientNameBytes)
        let delay = spend(0)
        guard delay <= Self.longestDelay else { return end(with: .tooFast(delay)) }
        // What other connections of the token have sent, also such as have ended, is not sent again at once; and a producer
        // takes room in the database for long.
        throttle(clientName.utf8.count + Self.producerBytes, context)
        let connection = ConnectionReference(number: number, handler: self, eventLoop: context.eventLoop)
        let opening = ProducerOpening(
            id: hello.producer, epoch: hello.epoch, nextSequence: hello.nextSequence, clientName: clientName,
            nowMs: WallClock.nowMs())
        let isQueued = project.queue.append(
            .open(
                PendingOpening(opening: opening) { [connections = shared.connections, number] answer in
                    // Here, where the order is that of the epochs: on the loops the older connection might come last.
                    if case .success(.success) = answer {
                        connections.fence(producer: opening.id, in: project.name, newest: number)
                    }
                    connection.execute { $0.producerLookedUp(answer, hello) }
                }))
        guard isQueued else {
            end(with: .shuttingDown)
            return
        }
        workUnderWay += 1
    }

    func producerLookedUp(_ answer: Result<Result<UInt64, ProtocolViolation>, StoreError>, _ hello: Hello) {
        guard workEnded(1) else { return }
        // The collector stops, and this was the last that the connection waited for.
        if isFinishing { return closeWhenSettled() }
        switch answer {
        case .success(.success(let lastCommitted)):
            welcome(lastCommitted: lastCommitted, hello)
        case .success(.failure(let violation)): refuse(violation)
        case .failure(let error): end(with: .storage(error))
        }
    }

    func welcome(lastCommitted: UInt64, _ hello: Hello) {
        guard context != nil, !session.isClosed else { return }
        let hasProducer = hello.producer != .zero
        windowLog = hasProducer ? shared.windows.grant(wanted: hello.streamWindowLog) : 0
        let credit = hasProducer ? ledger.replenish(fromPool: takeCredit(underWay: 0)) : 0
        guard
            let welcome = session.opened(
                lastCommitted: lastCommitted, credit: UInt64(credit), windowLog: windowLog, hasProducer: hasProducer)
        else { return }
        acknowledged = lastCommitted
        decoder.bodyLimit = Limits.frameRawBytes
        write(.welcome, welcome)
        write(frame: FrameEncoder.frame(.grease, flags: .optional, body: [UInt8(0)].span))
        flush()
    }
}

extension Farewell {
    fileprivate static func tooFast(_ delay: TimeAmount) -> Farewell {
        let milliseconds = delay.nanoseconds / 1_000_000
        return Farewell(
            code: .tooManyConnections,
            message: "the token has sent so much more than it may that nothing is taken for \(milliseconds / 1000) s",
            retryAfterMs: UInt32(clamping: milliseconds))
    }
}
