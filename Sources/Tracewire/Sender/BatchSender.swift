internal import Logging
internal import NIOCore
internal import NIOPosix
internal import Synchronization
internal import TracewireProtocol

/// Sends what the queue holds in the background: connects when there is something, connects again when the connection
/// is lost, and never gives up before it is stopped.
///
/// `@unchecked Sendable`: everything that changes is touched on `eventLoop` alone, and the methods that others call hop
/// there; what others read is under a lock.
final class BatchSender: @unchecked Sendable {
    private enum Phase {
        /// Nothing to send, no connection.
        case idle
        case connecting
        /// Connected, and waiting for `WELCOME`.
        case opening(IngestHandler)
        case open(IngestHandler)
        /// Until the backoff is over.
        case waiting(Scheduled<Void>)
        case stopped
    }

    private let configuration: TracewireConfiguration
    private let queue: any RecordQueue
    private let logger: Logger
    private let waiters: ConditionWaiters
    let eventLoop: any EventLoop
    private let counts = Mutex(SenderCounts())

    private var phase = Phase.idle
    private var delay: Scheduled<Void>?
    private var backoff: Backoff
    private var producer: Identifier
    private var epoch: UInt64 = 0
    private var random = SystemRandomNumberGenerator()
    private var loggedCode: Code?
    private var stopsWhenEmpty = false

    init(
        _ configuration: TracewireConfiguration, queue: any RecordQueue, waiters: ConditionWaiters, logger: Logger,
        eventLoop: any EventLoop
    ) {
        self.configuration = configuration
        self.queue = queue
        self.waiters = waiters
        self.logger = logger
        self.eventLoop = eventLoop
        backoff = Backoff(configuration.backoff)
        producer = Identifier(milliseconds: WallClock.milliseconds())
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
        eventLoop.execute { self.sendEverything() }
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
            self.stopIfEmpty()
        }
    }

    // MARK: On the event loop

    private func sendFullBatches() {
        switch phase {
        case .idle: connect()
        case .open(let handler): handler.send(partial: false)
        case .connecting, .opening, .waiting, .stopped: break
        }
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
        guard delay == nil else { return }
        delay = eventLoop.scheduleTask(in: TimeAmount(configuration.batchDelay)) { self.sendEverything() }
    }

    private var hasWork: Bool {
        let progress = queue.progress
        return progress.answered < progress.recorded
    }

    private func connect() {
        let sequences = queue.sequences
        epoch += 1
        var hello = Hello(clientName: configuration.clientName)
        hello.token = configuration.token ?? ""
        hello.offeredFeatures = configuration.offeredFeatures
        hello.producer = producer
        hello.epoch = epoch
        hello.nextSequence = sequences.lowest
        hello.streamWindowLog = configuration.compression == .stream ? UInt32(configuration.streamWindowLog) : 0
        phase = .connecting
        bootstrap(hello, sequences.highest).connect(host: configuration.host, port: configuration.port)
            .hop(to: eventLoop)
            .whenFailure { self.connectionFailed($0) }
    }

    private func bootstrap(_ hello: Hello, _ highest: UInt64) -> ClientBootstrap {
        ClientBootstrap(group: eventLoop)
            .connectTimeout(TimeAmount(configuration.connectTimeout))
            .channelOption(.tcpOption(.tcp_nodelay), value: 1)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let handler = IngestHandler(
                        hello: hello, highestAssigned: highest, queue: self.queue, configuration: self.configuration,
                        observer: self)
                    try channel.pipeline.syncOperations.addHandler(handler)
                }
            }
    }

    private func connectionFailed(_ error: any Error) {
        guard case .connecting = phase else { return }
        report(.ok, TracewireError.noCollector(configuration.address).message)
        logger.debug("tracewire: cannot connect", metadata: ["error": "\(error)"])
        wait(.reconnect(afterMs: 0))
    }

    private func wait(_ next: SessionEnding.Next) {
        let time: Duration
        switch next {
        case .reconnect(let ms), .renewProducer(let ms):
            time = backoff.next(atLeast: .milliseconds(Int64(ms)), using: &random)
        case .retryRarely(let ms): time = backoff.rare(atLeast: .milliseconds(Int64(ms)), using: &random)
        }
        if queue.rest() {
            phase = .idle
            return
        }
        phase = .waiting(
            eventLoop.scheduleTask(in: TimeAmount(time)) {
                if case .waiting = self.phase { self.connect() }
            })
    }

    /// Keeps the sentence for reports, and logs it once until something else happens.
    private func report(_ code: Code, _ sentence: String) {
        counts.withLock { $0.lastError = sentence }
        guard loggedCode != code else { return }
        loggedCode = code
        logger.warning("tracewire: \(sentence)", metadata: ["code": "\(code)"])
    }

    private func stopNow() {
        delay?.cancel()
        switch phase {
        case .opening(let handler), .open(let handler): handler.stop()
        case .waiting(let timer): timer.cancel()
        case .idle, .connecting, .stopped: break
        }
        phase = .stopped
        waiters.poke()
    }

    private func stopIfEmpty() {
        if stopsWhenEmpty, !hasWork { stopNow() }
    }
}

extension BatchSender: IngestObserver {
    func connected(_ handler: IngestHandler) -> Bool {
        guard case .connecting = phase else { return false }
        phase = .opening(handler)
        return true
    }

    func sessionOpened(committed: UInt64) {
        guard case .opening(let handler) = phase else { return }
        phase = .open(handler)
        loggedCode = nil
        counts.withLock { counts in
            counts.connections += 1
            counts.lastError = nil
        }
        queue.acknowledge(through: committed, verdicts: nil)
        answered()
    }

    func acknowledged(through sequence: UInt64, verdicts: [Verdict]) {
        // Only progress proves that a connection is good: one that opens and breaks at once must not be hurried.
        backoff.reset()
        queue.acknowledge(through: sequence, verdicts: verdicts)
        answered()
    }

    func everythingTaken() {
        answered()
    }

    private func answered() {
        waiters.poke()
        stopIfEmpty()
    }

    func sent(rawBytes: Int, wireBytes: Int) {
        counts.withLock { counts in
            counts.rawBytes += UInt64(rawBytes)
            counts.wireBytes += UInt64(wireBytes)
        }
    }

    func sessionEnded(_ ending: SessionEnding) {
        if case .stopped = phase { return }
        report(ending.code, TracewireError(ending, configuration.address).message)
        if case .renewProducer = ending.next {
            producer = Identifier(milliseconds: WallClock.milliseconds())
            epoch = 0
            queue.renumber()
        }
        wait(ending.next)
    }
}

/// What a sender counts.
struct SenderCounts: Sendable {
    var rawBytes: UInt64 = 0
    var wireBytes: UInt64 = 0
    var connections = 0
    var lastError: String?
}

extension TracewireConfiguration {
    var offeredFeatures: Features {
        switch compression {
        case .stream: [.zstdFrame, .zstdStream, .grease]
        case .frame: [.zstdFrame, .grease]
        case .none: [.grease]
        }
    }
}
