internal import NIOConcurrencyHelpers

/// Bounds the memory of frames that no credit bounds, such as queries, until they are whole; of queries,
/// until they have been answered. Nobody has more of it than is left to others.
final class FrameBudget: Sendable {
    /// Frames up to this size are free: a connection costs more by itself.
    static let freeBytes = 16 << 10

    private let shares: NIOLockedValueBox<FairShares>

    init(bytes: Int) {
        shares = NIOLockedValueBox(FairShares(of: bytes))
    }

    /// Takes what a frame of this length needs, and returns how much that is; `nil` if too much is taken.
    ///
    /// - Parameter owner: `nil` before `HELLO`, when no frame is larger than what is free.
    func take(_ bytes: Int, for owner: Owner?) -> Int? {
        guard bytes > Self.freeBytes else { return 0 }
        guard let owner else { return nil }
        return shares.withLockedValue { shares in
            guard shares.left(to: owner) >= bytes else { return nil }
            shares.take(bytes, for: owner)
            return bytes
        }
    }

    func give(back bytes: Int, of owner: Owner?) {
        guard bytes > 0, let owner else { return }
        shares.withLockedValue { $0.give(back: bytes, of: owner) }
    }
}
