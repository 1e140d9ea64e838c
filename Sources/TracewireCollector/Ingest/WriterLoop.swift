internal import Logging
internal import TracewireProtocol
internal import TracewireStore

/// The one thread that writes: it drains the queue, commits what has gathered in one transaction, and tells each
/// connection once.
///
/// The writer is made on this thread and never leaves it, which is what SQLite 3.40's WAL-reset bug asks for
/// (https://www.sqlite.org/wal.html, "The WAL-Reset Bug"): nobody else writes or checkpoints.
struct WriterLoop {
    /// Most raw bytes of one transaction: beyond it the first of a group would wait for the last without gain.
    private static let groupBytes = 8 << 20
    /// Most records of one transaction, which may have two bytes each.
    private static let groupRecords = 65_536

    let configuration: CollectorConfiguration
    let databasePath: String
    let queue: CommitQueue
    let counters: CollectorCounters
    let unsettled: UnsettledWork
    let watchers: FeedWatchers
    let logger: Logger

    /// Runs until the queue stops. `opened` is told once whether the store could be opened.
    func run(opened: (Result<Void, StoreError>) -> Void) {
        let writer: StoreWriter
        do throws(StoreError) {
            writer = try StoreWriter(path: databasePath)
        } catch {
            opened(.failure(error))
            return
        }
        watchers.moved(to: writer.feedPosition)
        opened(.success(()))
        var turns = WriterTurns(self, writer)
        while turns.take(queue.next(waiting: turns.patience)) {}
        turns.writer.close()
    }

    /// What one transaction commits.
    private struct Group {
        var batches: [PendingBatch] = []
        var openings: [PendingOpening] = []
        var bytes = 0
        var records = 0

        var isFull: Bool { bytes >= groupBytes || records >= groupRecords }
    }

    /// Does `work` in order. Neighbouring batches and openings share a transaction, in which the openings come last: no
    /// batch of a connection that waits for its opening is there yet, and those of the producer's older connection came
    /// before.
    func perform(_ work: [WriterWork], _ writer: StoreWriter) {
        var group = Group()
        for item in work {
            switch item {
            case .commit(let pending):
                group.batches.append(pending)
                group.bytes += pending.batch.bytes.count
                group.records += pending.batch.records.count
                guard group.isFull else { continue }
                commit(group, writer)
            case .open(let pending):
                group.openings.append(pending)
                continue
            case .perform(let action):
                commit(group, writer)
                action(writer)
                watchers.moved(to: writer.feedPosition)
                counters.add { $0.rejected = writer.rejections }
            }
            group = Group()
        }
        commit(group, writer)
    }

    private func commit(_ group: Group, _ writer: StoreWriter) {
        guard !group.batches.isEmpty || !group.openings.isEmpty else { return }
        defer { unsettled.settled(group.batches.map(\.memory)) }
        let result = Result { () throws(StoreError) in
            try writer.commit(
                group.batches.map(\.batch), openings: group.openings.map(\.opening), nowMs: WallClock.nowMs())
        }
        counters.add { $0.rejected = writer.rejections }
        // Before anybody hears of it: who has an acknowledgement finds no batch that waits for one.
        queue.settled(group.batches.count)
        switch result {
        case .success(let outcome):
            counters.committed(group.batches, outcome)
            watchers.moved(to: writer.feedPosition)
            deliver(zip(group.batches, outcome.batches).map { Answer(pending: $0, outcome: .success($1)) })
            for (pending, answer) in zip(group.openings, outcome.openings) { pending.answer(.success(answer)) }
        case .failure(let error):
            counters.commitFailed(error)
            logger.error("nothing was committed or acknowledged", metadata: ["error": "\(error)"])
            deliver(group.batches.map { Answer(pending: $0, outcome: .failure(error)) })
            for pending in group.openings { pending.answer(.failure(error)) }
        }
    }

    private struct Answer {
        let pending: PendingBatch
        let outcome: Result<BatchOutcome, StoreError>
    }

    /// One hop a connection, however many of its batches were in the group.
    private func deliver(_ answers: [Answer]) {
        for (_, own) in Dictionary(grouping: answers, by: { $0.pending.connection.number }) {
            guard let connection = own.first?.pending.connection else { continue }
            let settled = own.map {
                SettledBatch(
                    sequence: $0.pending.batch.sequence, bytes: $0.pending.batch.bytes.count, outcome: $0.outcome)
            }
            connection.execute { $0.settled(settled) }
        }
    }

    func keepHouse(_ duties: [HousekeepingDuty], _ writer: StoreWriter) {
        let now = WallClock.nowMs()
        do throws(StoreError) {
            for duty in duties {
                switch duty {
                case .failSilentWorkflows: try failSilentWorkflows(writer, nowMs: now)
                case .expireProducers:
                    let expiry = configuration.producersExpireAfter.wholeMilliseconds
                    _ = try writer.expireProducers(idleForMs: expiry, nowMs: now)
                    try rejectExpired(writer, parkedForMs: expiry, nowMs: now)
                }
            }
        } catch {
            logger.error("housekeeping failed", metadata: ["error": "\(error)"])
        }
        watchers.moved(to: writer.feedPosition)
    }

    private func rejectExpired(_ writer: StoreWriter, parkedForMs: Int64, nowMs: Int64) throws(StoreError) {
        let count = try writer.rejectExpired(parkedForMs: parkedForMs, nowMs: nowMs)
        guard count > 0 else { return }
        counters.add { $0.rejected = writer.rejections }
        logger.info("records were rejected that waited for parents too long", metadata: ["count": "\(count)"])
    }

    private func failSilentWorkflows(_ writer: StoreWriter, nowMs: Int64) throws(StoreError) {
        guard let limit = configuration.failSilentAfter else { return }
        let failed = try writer.failSilentWorkflows(silentForMs: limit.wholeMilliseconds, nowMs: nowMs, limit: 256)
        if failed > 0 { logger.info("workflows failed for their silence", metadata: ["count": "\(failed)"]) }
    }
}

/// What became of a batch, on its way back to its connection.
struct SettledBatch: Sendable {
    let sequence: UInt64
    let bytes: Int
    let outcome: Result<BatchOutcome, StoreError>
}
