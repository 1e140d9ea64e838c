internal import Logging
internal import TracewireProtocol
internal import TracewireStore

/// Does what ``Retention`` decides, a step between two commits: removing must not keep batches waiting.
struct RetentionKeeper {
    /// Workflows of one step.
    private static let workflowsPerStep = 32
    /// How long a round is away from the next.
    private static let interval = Duration.seconds(1)
    /// While somebody waits for commits, they have so many times the time that a step took before the next one: as much, where
    /// what comes needs the room, and more where it is only about time.
    private static let shareForCommits = (age: 3, room: 1)
    /// How long nothing is tried after a failure.
    private static let pause = Duration.seconds(60)
    /// What goes in this time is told in one line: that of the first at the end of its round, if that is not as long.
    private static let telling = Duration.seconds(60)

    private let counters: CollectorCounters
    private let logger: Logger
    private let now: @Sendable () -> ContinuousClock.Instant
    private var retention: Retention
    private var tally = RetentionTally()
    private var told = RetentionTally()
    private var notBefore: ContinuousClock.Instant
    private var notBeforeWhileBusy: ContinuousClock.Instant
    private var tellsAfter: ContinuousClock.Instant
    /// Whether the next step, too, should come at once if nothing else is to be done.
    private(set) var hasMore = false

    init(
        _ configuration: CollectorConfiguration, counters: CollectorCounters, logger: Logger,
        now: @escaping @Sendable () -> ContinuousClock.Instant = { .now }
    ) {
        retention = Retention(
            retainMs: configuration.retain?.wholeMilliseconds, maximumBytes: configuration.maximumDiskBytes)
        (self.counters, self.logger, self.now) = (counters, logger, now)
        let start = now()
        (notBefore, notBeforeWhileBusy, tellsAfter) = (start, start, start)
    }

    /// Does a step, if it is time for one.
    mutating func step(_ writer: StoreWriter, isIdle: Bool) {
        guard retention.retainMs != nil || retention.maximumBytes != nil else { return }
        let start = now()
        guard start >= notBefore, isIdle || start >= notBeforeWhileBusy else { return }
        do throws(StoreError) {
            try step(writer)
            tally.error = nil
        } catch {
            hasMore = false
            notBefore = now() + Self.pause
            tally.error = "\(error)"
            logger.warning("what is too old or has no room could not be removed", metadata: ["error": "\(error)"])
        }
        let end = now()
        let share = retention.isReducing ? Self.shareForCommits.room : Self.shareForCommits.age
        notBeforeWhileBusy = end + (end - start) * share
        counters.add { $0.retention = tally }
        if end >= (hasMore ? tellsAfter + Self.telling : tellsAfter) { tell(at: end) }
    }

    /// Nothing will go any more: says what has not been told.
    mutating func stop() {
        tell(at: now())
    }

    private mutating func step(_ writer: StoreWriter) throws(StoreError) {
        let nowMs = WallClock.nowMs()
        let step = retention.next(nowMs: nowMs, space: try writer.space())
        hasMore = step != .rest
        switch step {
        case .prune(_, let before):
            let (removed, hasMore) = try writer.retire(endedBefore: before, limit: Self.workflowsPerStep)
            did(step, removed, hasMore, nowMs)
        case .forgetRecords(let before):
            let (removed, hasMore) = try writer.forgetRecords(receivedBefore: before)
            did(step, removed, hasMore, nowMs)
        case .clear: retention.did(step, hasMore: try writer.clearRetired())
        case .giveBack(let bytes): retention.did(step, hasMore: try writer.giveBack(keeping: bytes))
        case .emptyLog: retention.did(step, hasMore: !(try writer.emptyLog()))
        case .rest:
            notBefore = now() + Self.interval
            rested()
        }
    }

    private mutating func did(_ step: Retention.Step, _ removed: Int, _ hasMore: Bool, _ nowMs: Int64) {
        retention.did(step, removed: removed, hasMore: hasMore)
        tally.add(removed, by: step, atMs: nowMs)
    }

    private mutating func rested() {
        guard retention.shortage != tally.shortage else { return }
        tally.shortage = retention.shortage
        if let shortage = tally.shortage {
            logger.warning("the database takes more room than it may", metadata: ["reason": "\(shortage.rawValue)"])
        } else {
            logger.notice("the database takes no more room than it may")
        }
    }

    /// What went since it was told.
    private mutating func tell(at now: ContinuousClock.Instant) {
        let age = tally.workflowsForAge - told.workflowsForAge
        let room = tally.workflowsForRoom - told.workflowsForRoom
        let records = tally.records - told.records
        guard age + room + records > 0 else { return }
        told = tally
        tellsAfter = now + Self.telling
        logger.notice(
            "old workflows were removed",
            metadata: ["for_age": "\(age)", "for_room": "\(room)", "rejected_or_waiting_records": "\(records)"])
    }
}
