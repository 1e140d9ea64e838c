internal import Logging
internal import NIOConcurrencyHelpers
internal import NIOSSL
internal import TracewireProtocol

/// What new connections are secured with: the files for TLS as they were when they could last be used.
final class ServerCertificates: Sendable {
    /// How long before a certificate ends somebody should know.
    static let notice = Duration.seconds(14 * 86_400)

    /// What a connection is secured with.
    struct Current: Sendable {
        let context: NIOSSLContext
        fileprivate let own: TLSConfiguration?
        /// How often the authorities of clients' certificates had changed.
        let authoritiesNumber: Int

        /// The context of one connection. A session that is resumed is not judged again, also when a certificate of the client's
        /// has ended meanwhile: where clients need one, nothing that another connection had is known.
        func contextOfConnection() throws -> NIOSSLContext {
            guard let own else { return context }
            return try NIOSSLContext(configuration: own)
        }
    }

    private struct State {
        var loaded: CertificateFiles.Loaded
        var authoritiesNumber = 0
        /// The files that were last tried, whether they could be used or not.
        var tried: [FileStamp?]
        /// Why they could not.
        var failure: String?
    }

    private let files: CertificateFiles
    private let logger: Logger
    private let state: NIOLockedValueBox<State>
    /// Held while files are read: what was read first must not replace what was read last.
    private let reading = NIOLock()

    /// - Throws: `tls_unusable` if the files cannot be used.
    init(_ files: CertificateFiles, logger: Logger) throws(CollectorError) {
        (self.files, self.logger) = (files, logger)
        let stamps = files.stamps
        state = NIOLockedValueBox(State(loaded: try files.load(), tried: stamps))
        warnOfEnd()
    }

    var current: Current {
        state.withLockedValue {
            Current(context: $0.loaded.context, own: $0.loaded.own, authoritiesNumber: $0.authoritiesNumber)
        }
    }

    /// Whether somebody who was let in with `number` might not be any more: authorities have gone, or others have come.
    func haveAuthoritiesChanged(since number: Int) -> Bool { state.withLockedValue { $0.authoritiesNumber != number } }

    /// When the certificate that new connections get ends, in milliseconds since 1970.
    var expiresMs: Int64 { state.withLockedValue { $0.loaded.expiresMs } }

    /// Why the files that are there now are not in force; `nil` if they are.
    var failure: String? { state.withLockedValue { $0.failure } }

    /// Takes the files if they have changed; what cannot be used changes nothing, and is logged once. It blocks.
    ///
    /// - Parameter always: whether to read them although they look as before.
    func refresh(always: Bool = false) {
        reading.withLock {
            let stamps = files.stamps
            guard always || stamps != state.withLockedValue({ $0.tried }) else { return }
            let result = Result { () throws(CollectorError) in try files.load() }
            state.withLockedValue { $0.tried = stamps }
            switch result {
            case .success(let loaded): take(loaded)
            case .failure(let error): keepOld(error.message)
            }
        }
    }

    private func take(_ loaded: CertificateFiles.Loaded) {
        state.withLockedValue { state in
            if loaded.clientAuthorities != state.loaded.clientAuthorities { state.authoritiesNumber += 1 }
            (state.loaded, state.failure) = (loaded, nil)
        }
        logger.notice("the files for TLS were read again; new connections get what is in them")
        warnOfEnd()
    }

    private func keepOld(_ reason: String) {
        state.withLockedValue { $0.failure = reason }
        logger.error(
            "the files for TLS have changed and cannot be used; those from before stay in force",
            metadata: ["reason": "\(reason)"])
    }

    private func warnOfEnd() {
        let left = expiresMs - WallClock.nowMs()
        guard left < Self.notice.wholeMilliseconds else { return }
        let days = "\(max(0, left) / 86_400_000)"
        logger.warning(
            left > 0
                ? "the TLS certificate ends soon; replace its file" : "the TLS certificate has ended; replace its file",
            metadata: ["file": "\(files.certificate)", "days_left": "\(days)"])
    }
}
