internal import NIOConcurrencyHelpers

/// Bounds the memory of frames that no credit bounds, such as queries, until they are whole; of queries,
/// until they have been answered.
final class FrameBudget: Sendable {
    /// Frames up to this size are free: a connection costs more by itself.
    static let freeBytes = 16 << 10

    private let available: NIOLockedValueBox<Int>

    init(bytes: Int) {
        available = NIOLockedValueBox(bytes)
    }

    /// Takes what a frame of this length needs, and returns how much that is; `nil` if others have taken too much.
    func take(_ bytes: Int) -> Int? {
        guard bytes > Self.freeBytes else { return 0 }
        return available.withLockedValue { available in
            guard available >= bytes else { return nil }
            available -= bytes
            return bytes
        }
    }

    func give(back bytes: Int) {
        guard bytes > 0 else { return }
        available.withLockedValue { $0 += bytes }
    }
}
