internal import Logging
internal import TracewireProtocol
internal import TracewireStore

/// The writer's maintenance, step by step, as far as it succeeds: a disk that is full must not keep batches waiting.
struct Maintenance {
    /// How long nothing is tried after a failure.
    private static let pause = Duration.seconds(60)

    let writer: StoreWriter
    let logger: Logger
    /// Whether the next step, too, should come at once if nothing else is to be done.
    private(set) var hasMore = false
    private var notBefore: ContinuousClock.Instant?

    init(writer: StoreWriter, logger: Logger) {
        self.writer = writer
        self.logger = logger
    }

    mutating func step(isIdle: Bool) {
        hasMore = false
        if let notBefore, ContinuousClock.now < notBefore { return }
        do throws(StoreError) {
            hasMore = try writer.maintain(isIdle: isIdle) && isIdle
            if isIdle && !hasMore { hasMore = try writer.foldRollups(nowMs: WallClock.nowMs()) }
            notBefore = nil
        } catch {
            notBefore = .now + Self.pause
            logger.warning("the database could not be maintained", metadata: ["error": "\(error)"])
        }
    }
}
