internal import TracewireProtocol

extension TracewireConfiguration {
    /// What HELLO offers.
    var offeredFeatures: Features {
        switch compression {
        case .stream: [.zstdFrame, .zstdStream, .grease]
        case .frame: [.zstdFrame, .grease]
        case .none: [.grease]
        }
    }
}
