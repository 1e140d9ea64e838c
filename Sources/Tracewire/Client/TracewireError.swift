public import TracewireProtocol

/// Why a client could not do what it was asked, with a sentence that says what to do about it.
public struct TracewireError: Error, Equatable, Sendable {
    /// What kind of trouble it is. New reasons may be added.
    public struct Reason: RawRepresentable, Hashable, Sendable {
        public let rawValue: String

        public init(rawValue: String) {
            self.rawValue = rawValue
        }

        /// Nobody listens there, or nobody answers.
        public static let noCollector = Reason(rawValue: "no_collector")
        /// The collector's name could not be resolved to an address.
        public static let unresolvedHost = Reason(rawValue: "unresolved_host")
        /// Somebody listens who does not speak this protocol, or breaks it.
        public static let protocolViolation = Reason(rawValue: "protocol_violation")
        /// The collector refused the connection: ``TracewireError/code`` says why.
        public static let refused = Reason(rawValue: "refused")
        /// The collector's certificate is not one that is trusted.
        public static let untrustedCollector = Reason(rawValue: "untrusted_collector")
        /// Somebody listens there with whom TLS cannot be spoken.
        public static let tlsFailed = Reason(rawValue: "tls_failed")
        /// The connection was lost on the way.
        public static let connectionLost = Reason(rawValue: "connection_lost")
        /// The collector could not answer the query: ``TracewireError/code`` says why.
        public static let queryFailed = Reason(rawValue: "query_failed")
        /// As many queries as a connection may have are running on this one.
        public static let tooManyQueries = Reason(rawValue: "too_many_queries")
        /// The client was closed.
        public static let closed = Reason(rawValue: "closed")
        /// A spool's directory cannot be used.
        public static let spoolUnusable = Reason(rawValue: "spool_unusable")
        /// A setting makes no sense.
        public static let invalidConfiguration = Reason(rawValue: "invalid_configuration")
    }

    public let reason: Reason
    /// The collector's code, or that of the rule which it broke; `ok` where the trouble has none.
    public let code: Code
    /// What happened and what to do, without payloads or secrets.
    public let message: String
    /// After how long trying again can help; `nil` where the collector named no time.
    public let retryAfter: Duration?

    public init(_ reason: Reason, code: Code = .ok, _ message: String, retryAfter: Duration? = nil) {
        self.reason = reason
        self.code = code
        self.message = message
        self.retryAfter = retryAfter
    }
}

extension TracewireError: CustomStringConvertible {
    public var description: String { message }
}

extension TracewireError {
    static func noCollector(_ address: CollectorAddress, code: Code = .ok) -> TracewireError {
        TracewireError(
            .noCollector, code: code,
            "no collector at \(address): start one with 'tracewire serve', or name another in the client's configuration "
                + "or, if it has none, with TRACEWIRE_CONNECT")
    }

    static func unresolvedHost(_ address: CollectorAddress) -> TracewireError {
        TracewireError(
            .unresolvedHost, "the name '\(address.host)' could not be resolved: is it spelled rightly, and known here?")
    }

    init(_ error: SpoolError) {
        self.init(.spoolUnusable, error.description)
    }

    static let clientClosed = TracewireError(.closed, "the client was closed")

    /// Why a connection to `address` ended, to which a token was shown, or none (empty).
    init(_ ending: SessionEnding, _ address: CollectorAddress, token: String) {
        let sentence = Self.sentence(ending, address, showsToken: !token.isEmpty)
        if ending.isCollectorsFault {
            self.init(.protocolViolation, code: ending.code, sentence)
        } else if ending.code == .timedOut {
            self.init(.noCollector, code: ending.code, sentence)
        } else if ending.code == .ok {
            self.init(.connectionLost, sentence)
        } else {
            self.init(.refused, code: ending.code, sentence, retryAfter: ending.retryAfter)
        }
    }

    /// Says of a query why it failed.
    init(_ summary: Summary) {
        let retryAfter = summary.retryAfterMs
        self.init(
            .queryFailed, code: summary.code,
            summary.message.isEmpty ? "the query failed: \(summary.code)" : summary.message,
            retryAfter: retryAfter == 0 ? nil : .milliseconds(Int64(retryAfter)))
    }

    private static func sentence(_ ending: SessionEnding, _ address: CollectorAddress, showsToken: Bool) -> String {
        if ending.isCollectorsFault {
            return "what answers at \(address) does not keep the protocol (\(ending.code): \(ending.message)): "
                + "is it a Tracewire collector?"
        }
        let message = ending.message.isEmpty ? "\(ending.code)" : ending.message
        switch ending.code {
        case .ok: return "the connection to \(address) was lost: \(message)"
        case .timedOut: return "nobody answers at \(address): \(message)"
        case .tlsRequired:
            return
                "the collector at \(address) speaks TLS only: set TRACEWIRE_TLS=true, or TRACEWIRE_TLS_CA to the PEM file of "
                + "its authority"
        case .unauthorized where showsToken:
            return "the collector at \(address) refused: \(message); set TRACEWIRE_TOKEN to a token that it takes"
        case .unauthorized: return "the collector at \(address) wants a token: set TRACEWIRE_TOKEN"
        default: return "the collector at \(address) refused: \(message)"
        }
    }
}

extension SessionEnding {
    /// The least time that the collector asks to be left alone.
    var retryAfter: Duration? {
        switch next {
        case .reconnect(let ms), .renewProducer(let ms), .retryRarely(let ms): ms == 0 ? nil : .milliseconds(Int64(ms))
        }
    }
}
