internal import NIOConcurrencyHelpers
internal import TracewireProtocol

/// Bounds the memory of the windows that zstd streams keep.
final class WindowBudget: Sendable {
    /// What a decoder keeps beside its window, in bytes (zstd's documentation of `ZSTD_estimateDStreamSize`).
    private static let decoderBytes = 256 << 10
    private let available: NIOLockedValueBox<Int>

    init(bytes: Int) {
        available = NIOLockedValueBox(bytes)
    }

    /// Grants a window of at most `wanted` (a power of two) or none, which is 0.
    func grant(wanted: UInt32) -> UInt32 {
        guard wanted >= Limits.smallestWindowLog else { return 0 }
        let windowLog = min(wanted, UInt32(Limits.grantedWindowLog))
        return available.withLockedValue { available in
            let bytes = Self.bytes(windowLog)
            guard available >= bytes else { return 0 }
            available -= bytes
            return windowLog
        }
    }

    func give(back windowLog: UInt32) {
        guard windowLog > 0 else { return }
        available.withLockedValue { $0 += Self.bytes(windowLog) }
    }

    private static func bytes(_ windowLog: UInt32) -> Int {
        (1 << Int(windowLog)) + decoderBytes
    }
}
