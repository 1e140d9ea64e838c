internal import TracewireProtocol

/// What a sender counts.
struct SenderCounts: Sendable {
    var rawBytes: UInt64 = 0
    var wireBytes: UInt64 = 0
    var connections = 0
    var lastError: String?
    var isStopped = false
}

extension TracewireConfiguration {
    var offeredFeatures: Features {
        switch compression {
        case .stream: [.zstdFrame, .zstdStream, .grease]
        case .frame: [.zstdFrame, .grease]
        case .none: [.grease]
        }
    }
}
