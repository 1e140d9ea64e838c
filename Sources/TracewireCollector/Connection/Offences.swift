internal import Logging
internal import NIOConcurrencyHelpers
internal import NIOCore
internal import TracewireProtocol

/// The ``OffenceLedger`` of a collector: connections tell it of offences, and the listener asks it whom to let in.
final class Offences: Sendable {
    private let ledger: NIOLockedValueBox<OffenceLedger>
    private let perMinute: Int
    private let counters: CollectorCounters
    private let logger: Logger

    /// - Parameter perMinute: offences of an address that are borne in a minute.
    init(perMinute: Int, counters: CollectorCounters, logger: Logger) {
        ledger = NIOLockedValueBox(OffenceLedger(perMinute: perMinute))
        self.perMinute = perMinute
        self.counters = counters
        self.logger = logger
    }

    /// A connection from `address` has offended.
    func offended(_ address: SocketAddress?) {
        guard let peer = PeerAddress(address) else { return }
        guard ledger.withLockedValue({ $0.offended(peer, now: .now()) }) else { return }
        logger.warning(
            """
            connections of an address are closed as they come for a minute: too many of them broke the protocol, showed a \
            token that does not hold, or failed in the TLS handshake
            """,
            metadata: ["address": "\(address?.ipAddress ?? "")", "offences_per_minute": "\(perMinute)"])
    }

    /// Whether a connection from `address` must be closed; it is counted then.
    func shutsOut(_ address: SocketAddress?) -> Bool {
        guard let peer = PeerAddress(address), ledger.withLockedValue({ $0.shutsOut(peer, now: .now()) }) else {
            return false
        }
        counters.add { $0.connectionsShutOut += 1 }
        return true
    }
}

/// Closes a connection as it comes.
final class ShutDoor: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    func channelActive(context: ChannelHandlerContext) {
        context.close(promise: nil)
    }
}

extension ProtocolViolation {
    /// Whether it counts against the peer's address. What a sound client may meet does not: one that is slow, of another
    /// version, has been away for long, or finds an older copy of the database.
    var isOffence: Bool {
        ![.timedOut, .sequenceGap, .producerExpired, .staleEpoch, .unsupportedVersion, .missingFeature].contains(code)
    }
}
