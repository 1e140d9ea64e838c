internal import Logging
internal import TracewireProtocol
internal import TracewireStore

/// The writer's maintenance, step by step, as far as it succeeds: a disk that is full must not keep batches waiting.
struct Maintenance {
    private let counters: CollectorCounters
    private let logger: Logger
    /// How long nothing is tried after a failure.
    private let pause: Duration
    /// Whether the next step, too, should come at once if nothing else is to be done.
    private(set) var hasMore = false
    private var notBefore: ContinuousClock.Instant?

    init(counters: CollectorCounters, logger: Logger, pause: Duration = .seconds(60)) {
        self.counters = counters
        self.logger = logger
        self.pause = pause
    }

    mutating func step(_ writer: StoreWriter, isIdle: Bool) {
        hasMore = false
        if let notBefore, ContinuousClock.now < notBefore { return }
        do throws(StoreError) {
            hasMore = try writer.maintain(isIdle: isIdle) && isIdle
            if isIdle && !hasMore { hasMore = try writer.foldRollups(nowMs: WallClock.nowMs()) }
            if let failure = writer.checkpointFailure { throw failure }
            if notBefore != nil { counters.maintained(nil) }
            notBefore = nil
        } catch {
            notBefore = .now + pause
            counters.maintained(error)
            logger.warning("the database could not be maintained", metadata: ["error": "\(error)"])
        }
    }
}
