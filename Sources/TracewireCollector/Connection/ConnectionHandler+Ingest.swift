internal import NIOCore
internal import TracewireProtocol
internal import TracewireStore

// A batch from its last frame to its acknowledgement.
extension ConnectionHandler {
    func complete(_ sequence: UInt64, _ raw: [UInt8]) throws(ProtocolViolation) {
        guard let context else { return }
        stopWaitingForCredit(sequence)
        var bytes = raw
        if !assembled.isEmpty {
            assembled.append(contentsOf: raw)
            bytes = assembled
            assembled = []
        }
        throttle(raw.count, context)
        workUnderWay += 1
        heldBatch = (sequence, bytes)
        try queueHeldBatch(context)
    }

    /// A part of a batch has come, and not the last. It counts at once, because the rest may never come. It is waited for when
    /// the batch is whole, or by the next connection: a client that gave up within a batch would have to send all of it again.
    func append(_ raw: [UInt8]) {
        assembled.append(contentsOf: raw)
        _ = spend(raw.count)
        keepLargeBatchGoing()
    }

    /// Takes the batch apart, if there is memory for that, and hands it to the writer. Until then nothing more is read.
    private func queueHeldBatch(_ context: ChannelHandlerContext) throws(ProtocolViolation) {
        guard let (sequence, bytes) = heldBatch, let owner else { return }
        let connection = ConnectionReference(number: number, handler: self, eventLoop: context.eventLoop)
        isHeld = shared.unsettled.mustWait(owner) { connection.execute { $0.goOn() } }
        updateReading()
        guard !isHeld else { return }
        heldBatch = nil
        let batch: IncomingBatch
        do throws(ProtocolViolation) {
            batch = try IncomingBatch(producer: producer.id, epoch: producer.epoch, sequence: sequence, bytes: bytes)
        } catch {
            workUnderWay -= 1
            throw error
        }
        let pending = PendingBatch(batch: batch, connection: connection, owner: owner)
        shared.unsettled.arrived(pending.memory)
        guard let project, project.queue.append(.commit(pending)) else {
            shared.unsettled.settled([pending.memory])
            workUnderWay -= 1
            return end(with: .shuttingDown)
        }
    }

    /// A token that sends faster than it may is read from later, by whichever of its connections.
    func throttle(_ bytes: Int, _ context: ChannelHandlerContext) {
        let delay = spend(bytes)
        guard delay > .zero else { return }
        throttling = context.eventLoop.assumeIsolated().scheduleTask(in: delay) { [weak self] in
            self?.throttling = nil
            self?.updateReading()
            self?.takeFrames()
        }
        updateReading()
    }

    /// Counts what the token has sent. Returns how long no more of it should be read.
    func spend(_ bytes: Int) -> TimeAmount {
        guard let token = principal?.token, let rates = shared.rates else { return .zero }
        return rates.spend(bytes, token: token)
    }

    /// The writer has made room for more.
    private func goOn() {
        isHeld = false
        guard let context else {
            heldBatch = nil
            _ = workEnded(1)
            return
        }
        do throws(ProtocolViolation) {
            try queueHeldBatch(context)
        } catch {
            return refuse(error)
        }
        if !isHeld { takeFrames() }
    }

    /// A batch larger than the credit gets stuck half arrived unless it is granted more.
    private func keepLargeBatchGoing() {
        guard let context, let owner, let batch = session.batchUnderWay, batch.needsCredit else { return }
        if batch.sequence != largeBatch {
            let bytes = takeCredit(underWay: bytesUnderWay, least: Limits.smallestCredit)
            guard bytes == 0 else { return grant(ledger.grantedFromPool(bytes)) }
        }
        let connection = ConnectionReference(number: number, handler: self, eventLoop: context.eventLoop)
        watchdog?.isOwedCredit = true
        shared.budget.requestLargeBatch(.init(connection: number, sequence: batch.sequence), of: owner) {
            connection.execute { $0.grantLargeBatch(batch.sequence) }
        }
    }

    /// The batch is whole, so that it can use no more credit.
    private func stopWaitingForCredit(_ sequence: UInt64) {
        guard watchdog?.isOwedCredit == true else { return }
        watchdog?.isOwedCredit = false
        if sequence != largeBatch {
            shared.budget.releaseLargeBatch(.init(connection: number, sequence: sequence))
        }
    }

    func grantLargeBatch(_ sequence: UInt64) {
        // It may have become whole since it asked.
        guard context != nil, let batch = session.batchUnderWay, batch.sequence == sequence else {
            if sequence != largeBatch {
                shared.budget.releaseLargeBatch(.init(connection: number, sequence: sequence))
            }
            return
        }
        largeBatch = sequence
        watchdog?.isOwedCredit = false
        guard batch.needsCredit else { return }
        let rest = Limits.batchBytes - batch.bytes + Limits.smallestCredit
        grant(ledger.grantedBeyondPool(min(shared.budget.step(of: batch.bytes), rest)))
    }

    private func grant(_ bytes: Int) {
        write(.credit, Credit(session.grant(UInt64(bytes))))
        flush()
    }

    /// Bytes of batches that have come, or are coming, and are not settled.
    private var bytesUnderWay: Int { max(0, ledger.outstanding - Int(clamping: session.creditLeft)) }

    func takeCredit(underWay: Int, least: Int = 0) -> Int {
        guard let owner else { return 0 }
        return shared.budget.take(for: owner, underWay: underWay, held: ledger.pooled, least: least)
    }

    /// Whether its batch went beyond the pool, is not whole yet, and has kept another one waiting for so long.
    func keepsOthersWaiting(for patience: TimeAmount, now: NIODeadline) -> Bool {
        guard !isHeld, let batch = session.batchUnderWay, batch.sequence == largeBatch else { return false }
        return shared.budget.isOverdue(
            .init(connection: number, sequence: batch.sequence), patience: patience, now: now)
    }

    /// A batch that cannot become whole any more keeps nobody waiting.
    func abandonBatch() {
        guard let batch = session.batchUnderWay else { return }
        assembled = []
        shared.budget.releaseLargeBatch(.init(connection: number, sequence: batch.sequence))
    }

    /// The writer has answered. Returns whether there is still a connection to act on.
    func workEnded(_ count: Int) -> Bool {
        workUnderWay -= count
        guard context == nil else { return true }
        if workUnderWay == 0 { releaseShares() }
        return false
    }

    /// The writer's answer to batches of this connection, in the order of their sequences.
    func settled(_ batches: [SettledBatch]) {
        guard workEnded(batches.count), !session.isClosed, let owner else { return }
        let underWay = bytesUnderWay
        var verdicts: [Verdict] = []
        var last: UInt64?
        for batch in batches {
            switch batch.outcome {
            case .success(.committed(let own)):
                verdicts += own
                last = batch.sequence
            case .success(.duplicate): last = last ?? batch.sequence
            case .success(.refused(let violation)):
                acknowledge(last, verdicts)
                refuse(violation)
                return
            case .failure(let error):
                acknowledge(last, verdicts)
                end(with: .storage(error))
                return
            }
            shared.budget.give(back: ledger.settle(batch.bytes), of: owner)
            if batch.sequence == largeBatch { endLargeBatch(batch.sequence, of: owner) }
        }
        acknowledge(last, verdicts, underWay: underWay)
        flush()
        if isFinishing { closeWhenSettled() }
    }

    /// Whatever follows it: a client that goes on with the next batch at once must not keep the others waiting.
    private func endLargeBatch(_ sequence: UInt64, of owner: Owner) {
        largeBatch = nil
        shared.budget.give(back: -ledger.endLargeBatch(), of: owner)
        shared.budget.releaseLargeBatch(.init(connection: number, sequence: sequence))
    }

    /// - Parameter underWay: bytes that were under way until now: the client is granted as much again, if it may.
    private func acknowledge(_ sequence: UInt64?, _ verdicts: [Verdict], underWay: Int = 0) {
        guard let sequence else { return }
        // A batch that was sent again is behind what was acknowledged already, and an ACK never goes back.
        acknowledged = max(acknowledged, sequence)
        let credit = session.grant(UInt64(ledger.replenish(fromPool: takeCredit(underWay: underWay))))
        for (sequence, own) in VerdictPages.divide(verdicts, last: acknowledged) {
            write(.ack, sequence: sequence, Ack(verdicts: own, credit: credit))
        }
    }
}
