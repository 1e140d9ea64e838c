internal import Logging
internal import NIOCore
internal import NIOPosix
internal import Synchronization
internal import TracewireProtocol

// How connections begin and end. All of it runs on the event loop.
extension BatchSender {
    /// Bytes that wait in the socket at most. Without a bound it takes megabytes at once, and nobody could tell whether
    /// the other side takes any of them.
    private static let unsentBytes: ChannelOptions.Types.SocketOption.Value = 256 << 10

    func connect() {
        let sequences = queue.sequences
        epoch += 1
        queue.files.spool?.owner.fields.epoch = epoch
        var hello = Hello(clientName: configuration.clientName)
        hello.token = configuration.token ?? ""
        hello.offeredFeatures = configuration.offeredFeatures
        hello.producer = producer
        hello.epoch = epoch
        hello.nextSequence = sequences.lowest
        hello.streamWindowLog = configuration.compression == .stream ? UInt32(configuration.streamWindowLog) : 0
        phase = .connecting
        if let dial {
            let handler = IngestHandler(
                hello: hello, highestAssigned: sequences.highest, queue: queue, configuration: configuration,
                observer: self)
            return dial(handler).whenFailure { self.connectionFailed($0) }
        }
        guard let tls = configuration.tls else { return connect(hello, sequences.highest, .none) }
        // Each time anew: certificates are replaced while a program runs.
        ConnectionSecurity.load(tls, on: eventLoop).whenComplete { [hello] result in
            switch result {
            case .success(let security): self.connect(hello, sequences.highest, security)
            case .failure(let error): self.connectionFailed(error)
            }
        }
    }

    private func connect(_ hello: Hello, _ highest: UInt64, _ security: ConnectionSecurity) {
        guard case .connecting = phase else { return }
        let address = addresses.current
        bootstrap(hello, highest, security, host: address.host).connect(host: address.host, port: address.port)
            .hop(to: eventLoop)
            .whenFailure { self.connectionFailed($0) }
    }

    private func bootstrap(
        _ hello: Hello, _ highest: UInt64, _ security: ConnectionSecurity, host: String
    ) -> ClientBootstrap {
        ClientBootstrap(group: eventLoop)
            .connectTimeout(TimeAmount(configuration.connectTimeout))
            .channelOption(.tcpOption(.tcp_nodelay), value: 1)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    // Where the system cannot do it, a large batch is noticed to be under way less exactly.
                    try? channel.syncOptions?.setOption(.unsentLowWaterMark, value: Self.unsentBytes)
                    try security.secure(channel, host: host)
                    let handler = IngestHandler(
                        hello: hello, highestAssigned: highest, queue: self.queue, configuration: self.configuration,
                        observer: self)
                    try channel.pipeline.syncOperations.addHandler(handler)
                }
            }
    }

    private func connectionFailed(_ error: any Error) {
        guard case .connecting = phase else { return }
        let trouble = error as? TracewireError ?? .noCollector(addresses.current)
        report(.ok, trouble.message)
        logger.debug("tracewire: cannot connect", metadata: ["error": "\(error)"])
        tryNext(or: .reconnect(afterMs: 0))
    }

    /// Tries another address at once, or waits if all have failed.
    private func tryNext(or next: SessionEnding.Next) {
        guard addresses.fail() else { return wait(next) }
        if queue.rest() {
            phase = .idle
        } else {
            connect()
        }
    }

    func wait(_ next: SessionEnding.Next) {
        if stopsAway() { return }
        let (least, time): (Duration, Duration)
        switch next {
        case .reconnect(let ms), .renewProducer(let ms):
            least = .milliseconds(Int64(ms))
            time = backoff.next(atLeast: least, using: &random)
        case .retryRarely(let ms):
            least = .milliseconds(Int64(ms))
            time = backoff.rare(atLeast: least, using: &random)
        }
        if queue.rest() {
            phase = .idle
            return
        }
        wait(until: .now() + TimeAmount(time), earliest: .now() + TimeAmount(least))
    }

    private func wait(until end: NIODeadline, earliest: NIODeadline) {
        let timer = eventLoop.scheduleTask(deadline: end) {
            if case .waiting = self.phase { self.connect() }
        }
        phase = .waiting(timer, earliest: earliest)
    }

    /// Somebody waits for what is held, perhaps to end the process: connects as soon as the collector allows, and, while
    /// that fails, soon again.
    func cutBackoffShort() {
        guard case .waiting(let timer, let earliest) = phase, hasWork else { return }
        timer.cancel()
        backoff.reset()
        wait(until: earliest, earliest: earliest)
    }

    /// Says once that records were let go of because the collector takes none so large.
    private func sayWhatWasTooLarge() {
        guard !hasSaidTooLarge else { return }
        let counts = queue.counts
        guard counts.oversized > 0 else { return }
        hasSaidTooLarge = true
        logger.warning(
            "tracewire: a record was refused; more of the same code are only counted",
            metadata: [
                "code": "\(Code.tooLarge)",
                "reason": "\(counts.rejections.first { !$0.isKeptByCollector }?.verdict.message ?? "")",
            ])
    }

    /// Keeps the sentence for reports, and logs it once until something else happens.
    func report(_ code: Code, _ sentence: String, tls: TLSTrouble? = nil) {
        counts.withLock { ($0.lastError, $0.lastErrorCode) = (sentence, code) }
        let trouble = LoggedTrouble(code: code, tls: tls)
        guard logged != trouble else { return }
        logged = trouble
        logger.warning("tracewire: \(sentence)", metadata: ["code": "\(code)"])
    }
}

/// What a sender has said in the log: it is not said again until something else happens.
struct LoggedTrouble: Equatable {
    let code: Code
    let tls: TLSTrouble?
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
        addresses.succeed()
        logged = nil
        counts.withLock { counts in
            counts.connections += 1
            (counts.lastError, counts.lastErrorCode) = (nil, nil)
        }
        queue.acknowledge(through: committed, verdicts: nil)
        answered()
    }

    func acknowledged(through sequence: UInt64, verdicts: [Verdict]) {
        // Only progress proves that a connection is good: one that opens and breaks at once must not be hurried.
        backoff.reset()
        queue.acknowledge(through: sequence, verdicts: verdicts)
        // There is room now to say what there was none for.
        if let wake = queue.reportShed(waitsForRoom: true).wake { self.wake(wake) }
        answered()
    }

    var whenReady: @Sendable () -> Void {
        { [weak self] in self?.wake(.now) }
    }

    func everythingTaken() {
        answered()
    }

    private func answered() {
        sayWhatWasTooLarge()
        waiters.poke()
        stopIfEmpty()
    }

    func sent(rawBytes: Int, wireBytes: Int) {
        counts.withLock { counts in
            counts.rawBytes += UInt64(rawBytes)
            counts.wireBytes += UInt64(wireBytes)
        }
    }

    func sessionEnded(_ ending: SessionEnding, _ tls: TLSTrouble?) {
        if case .stopped = phase { return }
        let address = addresses.current
        let error =
            tls.map { TracewireError($0, address) }
            ?? TracewireError(ending, address, token: configuration.token ?? "")
        report(ending.code, error.message, tls: tls)
        if case .renewProducer = ending.next {
            producer = Identifier(milliseconds: WallClock.nowMs())
            epoch = 0
            queue.renumber(for: producer)
            // It is well, and waits for what it was sent.
            return wait(ending.next)
        }
        tryNext(or: ending.next)
    }
}

extension ChannelOption where Self == ChannelOptions.Types.SocketOption {
    /// `TCP_NOTSENT_LOWAT`, which NIO does not name: the socket takes no more while more than that is unsent.
    fileprivate static var unsentLowWaterMark: Self {
        #if canImport(Darwin)
            let number: CInt = 0x201
        #else
            let number: CInt = 25
        #endif
        return Self(level: .tcp, name: NIOBSDSocket.Option(rawValue: number))
    }
}
