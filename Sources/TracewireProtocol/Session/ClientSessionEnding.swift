/// Why a client's connection ended, and what the client does next.
public struct SessionEnding: Error, Equatable, Sendable {
    /// What to do about an ended connection. The milliseconds are the least that the collector asks for.
    public enum Next: Equatable, Sendable {
        /// Connect again after the usual backoff.
        case reconnect(afterMs: UInt32)
        /// Connect again as a new producer, and number what is unacknowledged from 1.
        case renewProducer(afterMs: UInt32)
        /// Only a person can help: say so once, and try again rarely.
        case retryRarely(afterMs: UInt32)
    }

    public let code: Code
    /// One sentence for people.
    public let message: String
    public let next: Next
    /// Whether the collector broke the protocol, so that it should be told why before the connection closes.
    public let isCollectorsFault: Bool

    public init(code: Code, message: String, next: Next, isCollectorsFault: Bool = false) {
        self.code = code
        self.message = message
        self.next = next
        self.isCollectorsFault = isCollectorsFault
    }

    /// The collector said why, in `REFUSE` or `GOAWAY`.
    init(_ farewell: Farewell) {
        self.init(
            code: farewell.code, message: farewell.message, next: Self.next(farewell.code, farewell.retryAfterMs))
    }

    /// The collector broke the protocol, or, with `internal_failure`, the client could not follow it.
    init(_ violation: ProtocolViolation) {
        self.init(
            code: violation.code, message: violation.message, next: Self.next(violation.code, 0),
            isCollectorsFault: violation.code != .internalFailure)
    }

    /// The network failed.
    static func lost(_ code: Code, _ message: String) -> SessionEnding {
        SessionEnding(code: code, message: message, next: .reconnect(afterMs: 0))
    }

    private static func next(_ code: Code, _ afterMs: UInt32) -> Next {
        switch code {
        case .producerExpired, .sequenceGap: .renewProducer(afterMs: afterMs)
        case .unauthorized, .unsupportedVersion, .missingFeature, .notTracewire, .tlsRequired:
            .retryRarely(afterMs: afterMs)
        default: .reconnect(afterMs: afterMs)
        }
    }
}
