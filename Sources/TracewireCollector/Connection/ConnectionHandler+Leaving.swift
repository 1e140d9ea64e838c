internal import Logging
internal import NIOCore
internal import TracewireProtocol
internal import TracewireStore

// How a connection ends: settled, refused or cut.
extension ConnectionHandler {
    /// The collector stops: what has arrived is settled first.
    func drain() {
        guard !session.isClosed, !isFinishing else { return }
        guard !isSecuring else { return cut() }
        if session.isOpen {
            write(.goaway, Farewell.shuttingDown)
            flush()
        }
        finish()
    }

    /// Closes the connection with whatever waits in it.
    func cut() {
        context?.close(promise: nil)
    }

    func finish() {
        isFinishing = true
        abandonBatch()
        session.drain()
        endWatches()
        closeWhenSettled()
    }

    func closeWhenSettled() {
        guard workUnderWay == 0, exchanges.isEmpty, watches.isEmpty else { return }
        session.disconnected()
        writeLast([])
    }

    /// - Parameter offends: whether it counts against the peer's address; `nil` for what its code says.
    func refuse(_ violation: ProtocolViolation, offends: Bool? = nil) {
        if offends ?? violation.isOffence { offend() }
        logger.info(
            "the connection was refused", metadata: ["code": "\(violation.code)", "reason": "\(violation.message)"])
        if violation.code == .notTracewire, let answer = Self.answer(stranger: received) {
            _ = session.refuse()
            writeLast(answer)
            return
        }
        end(with: Farewell(code: violation.code, message: violation.message))
    }

    /// Counts what the peer did against its address.
    func offend() {
        guard !hasOffended else { return }
        hasOffended = true
        shared.counters.add { $0.offences += 1 }
        shared.offences?.offended(context?.remoteAddress)
    }

    private static func answer(stranger received: ByteBuffer) -> [UInt8]? {
        Stranger.answer(to: received.readableBytesUInt8Span)
    }

    func end(with farewell: Farewell) {
        guard context != nil, !session.isClosed else { return }
        abandonBatch()
        let type = session.refuse()
        writeLast(FrameEncoder.frame(type, farewell))
    }

    /// Writes `bytes` behind all that was written before, and ends the connection. A peer that does not read is cut
    /// after the stall timeout.
    func writeLast(_ bytes: [UInt8]) {
        guard let context else { return }
        for exchange in exchanges.values { exchange.cancel() }
        watchdog?.close(within: TimeAmount(shared.configuration.stallTimeout))
        let written = context.eventLoop.makePromise(of: Void.self)
        written.futureResult.assumeIsolated().whenComplete { [watchdog] _ in
            // Closing while unread bytes wait would reset the connection and lose the farewell (RFC 1122, 4.2.2.13):
            // the sending side is closed, and the peer has a moment to read it.
            context.close(mode: .output, promise: nil)
            watchdog?.close(within: .seconds(1))
        }
        write(frame: bytes, promise: written)
        flush()
    }
}

extension Farewell {
    static let shuttingDown = Farewell(code: .shuttingDown, message: "the collector is stopping", retryAfterMs: 1000)

    static let crowded = Farewell(
        code: .tooManyConnections, message: "other connections are sending queries that are very large",
        retryAfterMs: 1000)

    static func storage(_ error: StoreError) -> Farewell {
        Farewell(
            code: .storageUnavailable, message: "the collector's database cannot be written: \(error.code.rawValue)",
            retryAfterMs: 2000)
    }
}
