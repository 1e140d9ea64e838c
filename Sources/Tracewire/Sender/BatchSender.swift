internal import Logging
internal import NIOCore
internal import Synchronization
internal import TracewireProtocol

/// Sends what the queue holds in the background: connects when there is something, connects again when the connection
/// is lost, and never gives up before it is stopped.
///
/// `@unchecked Sendable`: everything that changes is touched on `eventLoop` alone, and the methods that others call hop
/// there; what others read is under a lock.
final class BatchSender: @unchecked Sendable {
    enum Phase {
        /// Nothing to send, no connection.
        case idle
        case connecting
        /// Connected, and waiting for `WELCOME`.
        case opening(IngestHandler)
        case open(IngestHandler)
        /// Until the backoff is over; not before `earliest` has come, because the collector said so.
        case waiting(Scheduled<Void>, earliest: NIODeadline)
        case stopped
    }

    let configuration: TracewireConfiguration
    let queue: RecordQueue
    let logger: Logger
    let waiters: ConditionWaiters
    let eventLoop: any EventLoop
    /// Makes a connection for a handler where there are no sockets; `nil` where there are.
    let dial: ((IngestHandler) -> EventLoopFuture<Void>)?
    let counts = Mutex(SenderCounts())

    var phase = Phase.idle
    private var delay: Scheduled<Void>?
    var backoff: Backoff
    var addresses: AddressRotation
    var producer: Identifier
    var epoch: UInt64
    var random = SystemRandomNumberGenerator()
    /// What the log was told last.
    var logged: LoggedTrouble?
    var hasSaidTooLarge = false
    private var stopsWhenEmpty = false
    /// Whether the spool is to have what cannot be sent now.
    private var stopsWhenAway = false
    private var whenStopped: (@Sendable () -> Void)?

    init(
        _ configuration: TracewireConfiguration, queue: RecordQueue, waiters: ConditionWaiters, logger: Logger,
        eventLoop: any EventLoop, dial: ((IngestHandler) -> EventLoopFuture<Void>)? = nil
    ) {
        self.configuration = configuration
        self.queue = queue
        self.waiters = waiters
        self.logger = logger
        (self.eventLoop, self.dial) = (eventLoop, dial)
        backoff = Backoff(configuration.backoff)
        addresses = AddressRotation([configuration.address] + configuration.fallbacks)
        if let owner = queue.files.spool?.owner.fields, let producer = owner.producer, let epoch = owner.epoch {
            (self.producer, self.epoch) = (producer, epoch)
        } else {
            (producer, epoch) = (Identifier(milliseconds: WallClock.nowMs()), 0)
            queue.renumber(for: producer)
        }
    }

    /// What was sent so far, and what went wrong last.
    var currentCounts: SenderCounts { counts.withLock { $0 } }

    // MARK: Called from anywhere

    func wake(_ wake: Appended.Wake) {
        eventLoop.execute {
            switch wake {
            case .now: self.sendFullBatches()
            case .soon: self.startDelay()
            }
        }
    }

    /// Sends now what waits.
    func flush() {
        eventLoop.execute {
            self.sendEverything()
            self.cutBackoffShort()
        }
    }

    /// Closes the connection and sends nothing more.
    func stop() {
        eventLoop.execute { self.stopNow() }
    }

    /// Goes on until all is acknowledged or the time is over, then stops.
    func drain(within time: Duration) {
        eventLoop.execute {
            self.stopsWhenEmpty = true
            self.eventLoop.scheduleTask(in: TimeAmount(time)) { self.stopNow() }
            self.sendEverything()
            self.cutBackoffShort()
            self.stopIfEmpty()
        }
    }

    /// The same for a program that ends, and does not wait for a collector that is not there.
    ///
    /// - Parameter whenStopped: called once, on the event loop.
    func drainAtExit(_ whenStopped: @escaping @Sendable () -> Void) {
        eventLoop.execute {
            if case .stopped = self.phase { return whenStopped() }
            self.whenStopped = whenStopped
            self.stopsWhenAway = self.queue.files.spool != nil
            if case .waiting = self.phase, self.stopsWhenAway { self.stopNow() }
        }
        drain(within: configuration.exitDrain)
    }

    // MARK: On the event loop

    private func sendFullBatches() {
        switch phase {
        case .idle: connect()
        case .open(let handler): handler.send(partial: false)
        case .connecting, .opening, .waiting, .stopped: break
        }
        // What was recorded behind the full batches wakes nobody any more: it goes when its time has come.
        startDelay()
    }

    private func sendEverything() {
        delay?.cancel()
        delay = nil
        switch phase {
        case .idle where hasWork: connect()
        case .open(let handler): handler.send(partial: true)
        case .idle, .connecting, .opening, .waiting, .stopped: break
        }
    }

    private func startDelay() {
        if case .idle = phase { connect() }
        if case .stopped = phase { return }
        guard delay == nil else { return }
        delay = eventLoop.scheduleTask(in: TimeAmount(configuration.batchDelay)) { self.sendEverything() }
    }

    var hasWork: Bool {
        let progress = queue.progress
        return progress.answered < progress.recorded
    }

    /// Returns whether it has stopped, because nobody waits for a collector that is away.
    func stopsAway() -> Bool {
        if stopsWhenAway { stopNow() }
        return stopsWhenAway
    }

    func stopNow() {
        if case .stopped = phase { return }
        delay?.cancel()
        switch phase {
        case .opening(let handler), .open(let handler): handler.stop()
        case .waiting(let timer, _): timer.cancel()
        case .idle, .connecting, .stopped: break
        }
        phase = .stopped
        queue.finish()
        counts.withLock { $0.isStopped = true }
        waiters.poke()
        whenStopped?()
        whenStopped = nil
    }

    func stopIfEmpty() {
        if stopsWhenEmpty, !hasWork { stopNow() }
    }
}
