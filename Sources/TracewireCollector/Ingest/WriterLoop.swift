internal import Logging
internal import NIOCore
internal import NIOPosix
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
    /// How long the writer waits for work before it looks after the database, in seconds.
    private static let idleSeconds = 1.0
    /// How often silent workflows are looked for, and producers that have gone.
    private static let housekeepingInterval = Duration.seconds(1)

    let configuration: CollectorConfiguration
    let queue: CommitQueue
    let counters: CollectorCounters
    let unsettled: UnsettledWork
    let logger: Logger

    /// Runs until the queue stops. `opened` is told once whether the store could be opened.
    func run(opened: EventLoopPromise<Void>) {
        let writer: StoreWriter
        do {
            writer = try StoreWriter(path: configuration.databasePath)
            opened.succeed()
        } catch {
            opened.fail(error)
            return
        }
        var nextHousekeeping = ContinuousClock.now + Self.housekeepingInterval
        var maintenance = Maintenance(writer: writer, logger: logger)
        var isCheckpointed = false
        loop: while true {
            // While there is more to maintain, work is looked for between two steps, and not waited for.
            switch queue.next(waiting: maintenance.hasMore ? 0 : Self.idleSeconds) {
            case .work(let work):
                perform(work, writer)
                maintenance.step(isIdle: false)
                isCheckpointed = false
            case .idle:
                maintenance.step(isIdle: true)
                guard !maintenance.hasMore else {
                    isCheckpointed = false
                    continue
                }
                // Nobody waits for the disk now: readers that come later find a short log.
                if !isCheckpointed { writer.checkpoint() }
                isCheckpointed = true
            case .stop: break loop
            }
            // Not only when idle: a busy collector has silent workflows too.
            guard ContinuousClock.now >= nextHousekeeping else { continue }
            keepHouse(writer)
            nextHousekeeping = .now + Self.housekeepingInterval
        }
        writer.close()
    }

    /// Does `work` in order. Neighbouring batches share a transaction.
    private func perform(_ work: [WriterWork], _ writer: StoreWriter) {
        var group: [PendingBatch] = []
        var bytes = 0
        for item in work {
            switch item {
            case .commit(let pending):
                group.append(pending)
                bytes += pending.batch.bytes.count
                guard bytes >= Self.groupBytes else { continue }
                commit(group, writer)
            case .perform(let action):
                commit(group, writer)
                action(writer)
            }
            group.removeAll(keepingCapacity: true)
            bytes = 0
        }
        commit(group, writer)
    }

    private func commit(_ group: [PendingBatch], _ writer: StoreWriter) {
        guard !group.isEmpty else { return }
        defer { unsettled.settled(group.reduce(0) { $0 + $1.memory }) }
        do throws(StoreError) {
            let outcomes = try writer.commit(group.map(\.batch), nowMs: WallClock.nowMs())
            counters.committed(group, outcomes)
            deliver(zip(group, outcomes).map { Answer(pending: $0, outcome: .success($1)) })
        } catch {
            counters.commitFailed(error)
            logger.error("nothing was committed or acknowledged", metadata: ["error": "\(error)"])
            deliver(group.map { Answer(pending: $0, outcome: .failure(error)) })
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

    private func keepHouse(_ writer: StoreWriter) {
        let now = WallClock.nowMs()
        do throws(StoreError) {
            if let limit = configuration.failSilentAfter {
                let failed = try writer.failSilentWorkflows(
                    silentForMs: limit.wholeMilliseconds, nowMs: now, limit: 256)
                if failed > 0 { logger.info("workflows failed for their silence", metadata: ["count": "\(failed)"]) }
            }
            let expiry = configuration.producersExpireAfter.wholeMilliseconds
            _ = try writer.expireProducers(idleForMs: expiry, nowMs: now)
        } catch {
            logger.error("housekeeping failed", metadata: ["error": "\(error)"])
        }
    }
}

/// What became of a batch, on its way back to its connection.
struct SettledBatch: Sendable {
    let sequence: UInt64
    let bytes: Int
    let outcome: Result<BatchOutcome, StoreError>
}
