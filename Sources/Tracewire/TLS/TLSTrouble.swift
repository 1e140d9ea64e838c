internal import NIOCore
internal import TracewireProtocol

#if TLS
    internal import NIOSSL
#endif

/// Why TLS with a collector could not be had.
enum TLSTrouble: Equatable, Sendable {
    /// The certificate does not name the host.
    case wrongName
    case expired
    case notYetValid
    /// No authority that is trusted has signed the certificate.
    case unknownIssuer
    /// The other side speaks none, or none that is spoken here.
    case notSpoken
    /// The collector does not take the client's certificate, or misses one.
    case clientRefused(String)
    case other(String)
}

#if TLS
    extension TLSTrouble {
        /// What alerts about a client's certificate have in their names.
        private static let refusals = ["CERTIFICATE", "UNKNOWN_CA", "ACCESS_DENIED"]
        private static let strangers = [
            "WRONG_VERSION_NUMBER", "ALERT_PROTOCOL_VERSION", "HTTP_REQUEST", "UNSUPPORTED_PROTOCOL",
        ]

        /// `nil` if it is not TLS that failed, but the connection.
        init?(_ error: any Error, in context: ChannelHandlerContext) {
            switch error {
            case is NIOSSLExtraError: self = .wrongName
            case NIOSSLError.handshakeFailed(let failure): self.init(failure, context)
            case let failure as BoringSSLError: self.init(failure, context)
            case NIOSSLError.noCertificateToValidate, NIOSSLError.unableToValidateCertificate: self = .unknownIssuer
            default: return nil
            }
        }

        private init?(_ failure: BoringSSLError, _ context: ChannelHandlerContext) {
            guard let reason = TLSReason.name(in: "\(failure)") else { return nil }
            if reason == "CERTIFICATE_VERIFY_FAILED" {
                let handler = try? context.pipeline.syncOperations.handler(type: NIOSSLClientHandler.self)
                self = Self.distrust(handler?.peerCertificate)
            } else if Self.strangers.contains(where: reason.contains) {
                self = .notSpoken
            } else if reason.contains("ALERT"), Self.refusals.contains(where: reason.contains) {
                self = .clientRefused(reason)
            } else {
                self = .other(reason)
            }
        }

        /// The library does not say why it does not trust a certificate: the time tells one reason from the others.
        private static func distrust(_ certificate: NIOSSLCertificate?) -> TLSTrouble {
            guard let certificate else { return .unknownIssuer }
            let now = WallClock.nowMs() / 1000
            if Int64(certificate.notValidAfter) < now { return .expired }
            return Int64(certificate.notValidBefore) > now ? .notYetValid : .unknownIssuer
        }

        /// Whether `error` says no more than that the other side closed the connection.
        static func isEnd(_ error: any Error) -> Bool {
            switch error {
            case NIOSSLError.uncleanShutdown: true
            case NIOSSLError.handshakeFailed(.sslError([.eofDuringHandshake])): true
            default: false
            }
        }
    }
#else
    extension TLSTrouble {
        init?(_ error: any Error, in context: ChannelHandlerContext) { return nil }

        static func isEnd(_ error: any Error) -> Bool { false }
    }
#endif

extension TracewireError {
    /// Why there is no connection to `address` that is encrypted and trusted.
    init(_ trouble: TLSTrouble, _ address: CollectorAddress) {
        let collector = "the collector at \(address)"
        switch trouble {
        case .wrongName:
            self.init(
                .untrustedCollector,
                "\(collector) has a certificate for another name than '\(address.host)': connect to a name that is in it, or "
                    + "have one made for this one")
        case .expired:
            self.init(.untrustedCollector, "the certificate of \(collector) has expired: it needs a new one")
        case .notYetValid:
            self.init(
                .untrustedCollector,
                "the certificate of \(collector) is not valid yet: is the time right on both machines?")
        case .unknownIssuer:
            self.init(
                .untrustedCollector,
                "the certificate of \(collector) is not signed by an authority that is trusted here: name the PEM file of its "
                    + "authority with TRACEWIRE_TLS_CA")
        case .notSpoken:
            self.init(
                .tlsFailed,
                "what answers at \(address) speaks no TLS, or none that is safe: connect without TLS, or have it served with a "
                    + "certificate")
        case .clientRefused(let reason):
            self.init(
                .refused, code: .unauthorized,
                "\(collector) takes only clients with a certificate that it trusts (\(reason)): set "
                    + "TRACEWIRE_TLS_CERTIFICATE and TRACEWIRE_TLS_KEY")
        case .other(let reason):
            self.init(.tlsFailed, "TLS with \(collector) failed (\(reason)): is it a Tracewire collector?")
        }
    }
}
