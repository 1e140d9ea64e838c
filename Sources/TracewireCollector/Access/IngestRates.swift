internal import NIOConcurrencyHelpers
internal import NIOCore

/// How fast each token may send: so many bytes of batches a second, over all of its connections.
///
/// Whoever is faster is read from later, so that the network slows it down; nothing is refused or lost for it. Kept is one
/// moment a token: when what it has sent would have been sent at the rate that it may (the generic cell rate algorithm,
/// ITU-T I.371, appendix A).
final class IngestRates: Sendable {
    /// After a pause a token may send at once what it could have sent in that time.
    private static let burst = TimeAmount.seconds(1)

    private let bytesPerSecond: Int
    /// At most about as many as there can be tokens: who makes and revokes many leaves nothing here.
    private let due = NIOLockedValueBox<[String: NIODeadline]>([:])

    init(bytesPerSecond: Int) {
        self.bytesPerSecond = bytesPerSecond
    }

    /// Of how many tokens something is remembered.
    var remembered: Int { due.withLockedValue { $0.count } }

    /// `token` has sent so many bytes; 0 for a new connection. Returns how long it must not be read from.
    func spend(_ bytes: Int, token: String, now: NIODeadline = .now()) -> TimeAmount {
        let time = TimeAmount.nanoseconds(Int64(Double(bytes) / Double(bytesPerSecond) * 1e9))
        return due.withLockedValue { due in
            let next = max(due[token] ?? .uptimeNanoseconds(0), now - Self.burst) + time
            due[token] = next
            if due.count > TokenList.most { due = due.filter { $0.value > now - Self.burst } }
            return max(.zero, next - now)
        }
    }
}
