internal import Logging
internal import NIOCore
internal import NIOSSL
internal import NIOTLS
internal import TracewireProtocol

// The beginning of a connection where TLS is spoken.
extension ConnectionHandler {
    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case .handshakeCompleted = event as? TLSUserEvent {
            // None where clients need no certificate.
            let certificate = try? context.pipeline.syncOperations.nioSSL_peerCertificate()
            certificateEndsAt = certificate.map { Int64($0.notValidAfter) }
            secured()
        }
        context.fireUserInboundEventTriggered(event)
    }

    /// Whether the peer went when the collector had made a handshake with it, and had not said who it was.
    var hasLeftUnheard: Bool {
        shared.certificates != nil && !isSecuring && watchdog?.isAwaitingHello == true && !session.isClosed
    }

    /// Why the peer, which its certificate has let in, would have to show one again; `nil` while what it showed holds.
    var lapse: Farewell? {
        if shared.certificates?.haveAuthoritiesChanged(since: authoritiesNumber) == true { return .authoritiesChanged }
        // The last second belongs to the certificate (RFC 5280, 4.1.2.5).
        guard let certificateEndsAt, certificateEndsAt < WallClock.nowMs() / 1000 else { return nil }
        return .certificateEnded
    }

    /// The peer begins with `bytes`, which are no TLS: it is told so in its own words, where they can be guessed.
    func refuse(withoutTLS bytes: ByteBuffer) {
        guard !session.isClosed else { return }
        logger.info("the connection was refused", metadata: ["code": "\(Code.tlsRequired)"])
        offend()
        secured()
        // It may have been too many, and was told that.
        guard !session.isClosed else { return }
        if let answer = Stranger.answer(withoutTLS: bytes.readableBytesUInt8Span) {
            _ = session.refuse()
            writeLast(answer)
        } else {
            end(with: .tlsRequired)
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        let reason = TLSReason.name(in: "\(error)") ?? "\(error)"
        if isSecuring {
            // A connection that was reset says nothing of who was there.
            if !(error is IOError) { offend() }
            logger.info("the TLS handshake failed", metadata: ["reason": "\(reason)"])
        } else {
            logger.debug("the connection failed", metadata: ["error": "\(reason)"])
        }
        context.close(promise: nil)
    }
}

extension Farewell {
    fileprivate static let tlsRequired = Farewell(code: .tlsRequired, message: "this port speaks TLS only")

    /// Whoever is still trusted comes back at once: the code says no more than that it should.
    fileprivate static let authoritiesChanged = Farewell(
        code: .shuttingDown, message: "the authorities of clients' certificates have changed: connect again",
        retryAfterMs: 1000)

    fileprivate static let certificateEnded = Farewell(
        code: .shuttingDown, message: "the client's certificate has ended: connect again with one that is valid",
        retryAfterMs: 1000)
}
