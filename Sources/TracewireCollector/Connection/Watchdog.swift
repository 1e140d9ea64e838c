internal import NIOCore
internal import TracewireProtocol

/// Ends a connection that stands still where it must not: before `HELLO`, inside a frame or batch, or with answers that
/// its peer does not read. A connection that is open and idle may stay for ever.
///
/// Confined to the connection's event loop.
final class Watchdog {
    /// Nobody has said who is there.
    var isAwaitingHello = true
    /// The frame or batch that is arriving.
    var arrival = ArrivalClock()
    /// The batch is not whole because the collector has not granted the credit for the rest yet.
    var isOwedCredit = false {
        didSet { pauseOrResume() }
    }
    /// The peer is read from. It is not while much waits that it does not read itself.
    var isReading = true {
        didSet { pauseOrResume() }
    }

    private unowned let handler: ConnectionHandler
    private let stallTimeout: TimeAmount
    private let handshakeTimeout: TimeAmount
    private let beganAt = NIODeadline.now()
    private var unread = UnreadBytes(now: .now())
    private var closing: Scheduled<Void>?
    private var task: RepeatedTask?

    init(_ handler: ConnectionHandler, configuration: CollectorConfiguration, eventLoop: any EventLoop) {
        self.handler = handler
        stallTimeout = TimeAmount(configuration.stallTimeout)
        handshakeTimeout = TimeAmount(configuration.handshakeTimeout)
        let shortest = min(stallTimeout, handshakeTimeout)
        let interval = TimeAmount.nanoseconds(max(1_000_000, shortest.nanoseconds / 4))
        let bound = NIOLoopBound(self, eventLoop: eventLoop)
        task = eventLoop.scheduleRepeatedTask(initialDelay: interval, delay: interval) { _ in bound.value.check() }
    }

    /// The connection ends by itself when its peer has read the last frame, and is cut after `time` otherwise.
    func close(within time: TimeAmount) {
        guard let loop = handler.context?.eventLoop else { return }
        closing?.cancel()
        closing = loop.assumeIsolated().scheduleTask(in: time) { [weak handler] in handler?.cut() }
    }

    func stop() {
        task?.cancel()
        task = nil
        closing?.cancel()
    }

    private func pauseOrResume() {
        if isOwedCredit || !isReading { arrival.pause(now: .now()) } else { arrival.resume(now: .now()) }
    }

    private func check() {
        let now = NIODeadline.now()
        let unreadFor = unread.stuckFor(written: handler.bytesWritten, pending: handler.bytesPending, now: now)
        guard closing == nil else { return }
        if isAwaitingHello {
            guard now - beganAt >= handshakeTimeout else { return }
            guard !handler.isSecuring else {
                // It has not come so far that it could be told.
                handler.offend()
                return handler.cut()
            }
            handler.refuse(
                ProtocolViolation(.timedOut, "no HELLO came in \(handshakeTimeout.milliseconds) ms"), offends: true)
        } else if let revocation = handler.revocation {
            handler.refuse(revocation, offends: false)
        } else if let lapse = handler.lapse {
            handler.end(with: lapse)
        } else if unreadFor >= stallTimeout {
            // It would not read a farewell either.
            handler.context?.close(promise: nil)
        } else if arrival.isOverdue(patience: stallTimeout, now: now) {
            handler.refuse(
                ProtocolViolation(
                    .timedOut,
                    "a frame or batch was unfinished after \(stallTimeout.milliseconds) ms and one second more for each "
                        + "\(Limits.leastBytesPerSecond) bytes of it"))
        } else if handler.keepsOthersWaiting(for: stallTimeout, now: now) {
            handler.refuse(
                ProtocolViolation(
                    .timedOut,
                    "a batch larger than the credit was unfinished \(stallTimeout.milliseconds) ms after another one began to "
                        + "wait for its turn"))
        }
    }
}

extension TimeAmount {
    fileprivate var milliseconds: Int64 { nanoseconds / 1_000_000 }
}
