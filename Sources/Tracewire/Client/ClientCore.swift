internal import Logging
internal import NIOCore
internal import NIOPosix
internal import Synchronization
internal import TracewireProtocol

/// What a client and its handles share.
final class ClientCore: Sendable {
    /// Names of users that are remembered, so that each is recorded once. When there are more, all are forgotten.
    private static let usersKept = 10_000

    /// Workflows and nodes whose owed steps are recorded with one record: whoever records is not held up for long.
    private static let owedAtATime = 8

    /// What the log has been told: each is said once.
    private struct Said {
        var refusals: Set<Code> = []
        var bare = false
    }

    let configuration: TracewireConfiguration
    let policy: PayloadPolicy
    /// `nil` where nothing is recorded at all.
    private let mark: ProcessMark?
    let queue: RecordQueue
    let sender: BatchSender
    let waiters: ConditionWaiters
    let logger: Logger
    /// What the queue had no room for, and has to have.
    let owed = OwedSteps()
    /// What other processes have left.
    let adoption: SpoolAdoption
    private let users = Mutex<Set<String>>([])
    private let said = Mutex(Said())
    #if Metrics
        let metrics = Mutex<ClientMetrics?>(nil)
    #endif

    init(_ configuration: TracewireConfiguration, logger: Logger, eventLoop: any EventLoop) {
        let configuration = configuration.clamped
        self.configuration = configuration
        self.logger = logger
        policy = PayloadPolicy(mask: configuration.mask, limit: configuration.valueLimit)
        mark = configuration.isEnabled ? ProcessMark() : nil
        queue = RecordQueue(configuration.queueLimits, .forClient(configuration, logger))
        waiters = ConditionWaiters()
        sender = BatchSender(configuration, queue: queue, waiters: waiters, logger: logger, eventLoop: eventLoop)
        adoption = SpoolAdoption(configuration, waiters, logger: logger, eventLoop: eventLoop)
        if configuration.isEnabled { ExitDrain.register(self) } else { queue.close(takesOwed: false) }
    }

    /// For handles that are used outside of any workflow: takes nothing, sends nothing, says nothing.
    static let silent: ClientCore = {
        var configuration = TracewireConfiguration()
        configuration.isEnabled = false
        return ClientCore(
            configuration, logger: Logger(label: "tracewire.silent") { _ in SwiftLogNoOpLogHandler() },
            eventLoop: MultiThreadedEventLoopGroup.singleton.any())
    }()

    /// Whether nothing is recorded at all: asked first, so that it costs nothing.
    var isSilent: Bool { mark?.isOwn != true }

    /// Whether this process was forked off from the client's, whose threads, files and locks are not its own.
    var isForked: Bool { mark?.isOwn == false }

    /// Whether handles of this one stand for those of `client`: they do where they record nothing, too.
    func isOf(_ client: ClientCore) -> Bool { self === client || self === Self.silent }

    func record(_ event: Event<String>) -> RecordingOutcome {
        record(Record(atMs: WallClock.nowMs(), event: event))
    }

    func record(_ record: Record<String>) -> RecordingOutcome {
        guard !isSilent else { return .closed }
        return finish(queue.append(policy.apply(record)))
    }

    /// Whether the next workflow is among those that are recorded.
    func samples() -> Bool {
        let rate = configuration.sampleRate
        return rate >= 1 || (rate > 0 && Double.random(in: 0..<1) < rate)
    }

    /// What is left to do after an append: apart, so that whoever appends under a lock does this without it.
    func finish(_ appended: Appended) -> RecordingOutcome {
        if let wake = appended.wake { sender.wake(wake) }
        if appended.isFirstShed {
            logger.warning(
                "tracewire: the queue is full; payloads, then records are shed until the collector takes some")
        }
        switch appended.outcome {
        case .refused(let fault): sayRefused(fault)
        case .queued:
            if let fault = appended.payloadFault { sayBare(fault) }
            owed.settle(atMost: Self.owedAtATime)
        case .shed, .closed: break
        }
        return appended.outcome
    }

    /// A handle was used in a way that the table of transitions does not allow.
    func refuse(_ fault: RecordFault) -> RecordingOutcome {
        queue.countRefused()
        sayRefused(fault)
        return .refused(fault)
    }

    /// For a record that says more of what there was no room to record.
    func shed(_ event: Event<String>) -> RecordingOutcome {
        finish(queue.countShed(event, isOwed: false))
    }

    private func sayRefused(_ fault: RecordFault) {
        guard said.withLock({ $0.refusals.insert(fault.code).inserted }) else { return }
        logger.warning(
            "tracewire: a record was refused; more of the same code are only counted",
            metadata: ["code": "\(fault.code)", "reason": "\(fault.message)"])
    }

    private func sayBare(_ fault: RecordFault) {
        let isFirst = said.withLock { said in
            defer { said.bare = true }
            return !said.bare
        }
        guard isFirst else { return }
        logger.warning(
            "tracewire: a record was too large, and was recorded without its payload; more of them are only counted",
            metadata: ["code": "\(fault.code)", "reason": "\(fault.message)"])
    }

    /// Records that a user of that name exists, once: a workflow that names somebody unknown would be parked.
    ///
    /// - Parameter isOwed: whether this was tried before and counted as shed.
    /// - Returns: what is left to ``finish(_:)``; `nil` if that user is known.
    func introduce(_ username: String, isOwed: Bool = false) -> Appended? {
        guard !users.withLock({ $0.contains(username) }) else {
            if isOwed { queue.forgiveShed(.user) }
            return nil
        }
        // Known from when it is queued: whoever asks meanwhile must not rely on what may be shed, nor wait for what this takes.
        // Two threads may both introduce somebody, which changes nothing at the collector.
        let record = Record(atMs: WallClock.nowMs(), event: Event<String>.user(User(username: username)))
        let appended = isOwed ? queue.appendOwed(record, hadPayload: false) : queue.append(record)
        if appended.outcome == .queued { remember(username) }
        return appended
    }

    func remember(_ username: String) {
        users.withLock { users in
            if users.count >= Self.usersKept { users.removeAll() }
            users.insert(username)
        }
    }

    /// Takes no more records.
    func close() {
        queue.close(takesOwed: false)
        owed.giveUp()
    }

    /// The last that is recorded, where nobody waits for anything.
    func finishRecording() {
        queue.close(takesOwed: true)
        owed.settle()
        owed.giveUp()
        _ = queue.reportShed(waitsForRoom: false)
        close()
    }

    /// What there was no room for to the end counts as lost, and is said as far as there is time.
    func giveUpOwed(_ timeout: Duration) async {
        if owed.giveUp() { await lastFlush(max(timeout, .zero)) }
    }

    /// Waits until everything recorded so far is answered, the time is over, the sender was stopped, or the task is
    /// cancelled.
    func flush(_ timeout: Duration) async {
        await deliver(timeout) { rest, isSettled in
            await waiters.wait(timeout: rest, on: sender.eventLoop, until: isSettled)
        }
    }

    /// The same, but a cancelled task waits, too: nobody comes after it who could.
    func lastFlush(_ timeout: Duration) async {
        await deliver(timeout) { rest, isSettled in
            await waiters.waitDespiteCancellation(timeout: rest, on: sender.eventLoop, until: isSettled)
        }
    }

    /// Waits for what other processes have left to be delivered, too, as far as there is time. Returns when nobody works on
    /// it any more: what is left is free for others.
    func finishAdoption(_ timeout: Duration) async {
        let adoption = adoption
        await waiters.waitDespiteCancellation(timeout: timeout, on: sender.eventLoop) { adoption.isDone }
        adoption.stop()
        await waiters.waitDespiteCancellation(timeout: SpoolForwarder.stopTimeout, on: sender.eventLoop) {
            adoption.isDone
        }
    }

    /// Returns when the connection is closed, and the spool is gone or free for others.
    func stopSending() async {
        let sender = sender
        sender.stop()
        await waiters.waitDespiteCancellation(timeout: .seconds(5), on: sender.eventLoop) {
            sender.currentCounts.isStopped
        }
        #if Metrics
            updateMetrics()
        #endif
    }

    /// What there was no room for is recorded as soon as some has been delivered, and delivered with it.
    private func deliver(
        _ timeout: Duration, _ wait: (_ rest: Duration, _ isSettled: @escaping @Sendable () -> Bool) async -> Void
    ) async {
        let start = ContinuousClock.now
        owed.settle()
        reportShed()
        var rest = timeout
        repeat {
            let isSettled = settled()
            sender.flush()
            await wait(rest, isSettled)
            rest = timeout - start.duration(to: .now)
        } while rest > .zero && (owed.settle() || reportShed())
    }

    /// Says what was shed, as far as there is room. Returns whether anything was said.
    @discardableResult
    private func reportShed() -> Bool {
        let (reports, wake) = queue.reportShed(waitsForRoom: false)
        if let wake { sender.wake(wake) }
        return reports > 0
    }

    /// Whether everything that has been recorded by now is answered, or never will be.
    private func settled() -> @Sendable () -> Bool {
        let (queue, sender) = (queue, sender)
        let target = queue.progress.recorded
        return { queue.progress.answered >= target || sender.currentCounts.isStopped }
    }
}
