internal import Logging
internal import TracewireStore

/// What the writer does of all that it has to do, and when: a turn for each time that it looks for work.
///
/// It waits for nothing, so that whoever has another clock than the thread's can take the turns.
struct WriterTurns {
    /// How long the writer waits for work before it looks after the database, in seconds.
    private static let idleSeconds = 1.0

    /// Another one after a sync that failed.
    private(set) var writer: StoreWriter
    private let loop: WriterLoop
    private var housekeeping: HousekeepingSchedule
    private var maintenance: Maintenance
    private var retention: RetentionKeeper
    private var isCheckpointed = false

    init(_ loop: WriterLoop, _ writer: StoreWriter) {
        (self.loop, self.writer) = (loop, writer)
        housekeeping = HousekeepingSchedule(
            failsSilent: loop.configuration.failSilentAfter != nil,
            producersExpireAfter: loop.configuration.producersExpireAfter, start: .now)
        maintenance = Maintenance(counters: loop.counters, logger: loop.logger)
        retention = RetentionKeeper(loop.configuration, counters: loop.counters, logger: loop.logger)
    }

    /// How long to wait for work. While there is more to maintain, it is looked for between two steps, and not waited for.
    var patience: Double { maintenance.hasMore || retention.hasMore ? 0 : Self.idleSeconds }

    /// Does what has come. Returns `false` when nothing will come any more.
    mutating func take(_ next: CommitQueue.Next, at now: ContinuousClock.Instant = .now) -> Bool {
        switch next {
        case .work(let work):
            loop.perform(work, writer)
            maintenance.step(writer, isIdle: false)
            retention.step(writer, isIdle: false)
            isCheckpointed = false
        case .idle:
            maintenance.step(writer, isIdle: true)
            retention.step(writer, isIdle: true)
            let isAtRest = !maintenance.hasMore && !retention.hasMore
            // Nobody waits for the disk now: readers that come later find a short log.
            if isAtRest, !isCheckpointed { writer.checkpoint() }
            isCheckpointed = isAtRest
        case .stop:
            retention.stop()
            return false
        }
        // Not only when idle, nor only when nothing is left to be removed: silent workflows fail all the same.
        loop.keepHouse(housekeeping.takeDue(at: now), writer)
        if writer.isInDoubt { reopen() }
        return true
    }

    /// Opens the database anew after a sync of it has failed: what the log holds is written and synced once more before anything
    /// is acknowledged. Where that fails, too, nothing is committed, and it is tried again with the next work, or in a second.
    private mutating func reopen() {
        writer.abandon()
        do throws(StoreError) {
            writer = try StoreWriter(path: loop.databasePath, rejections: writer.rejections)
            loop.logger.warning("the database was opened anew, because the disk did not keep what was written")
            loop.watchers.moved(to: writer.feedPosition)
        } catch {
            loop.counters.storeFailed(error)
            loop.logger.error("the database cannot be opened anew", metadata: ["error": "\(error)"])
        }
    }
}
