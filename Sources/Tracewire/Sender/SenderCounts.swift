internal import TracewireProtocol

/// What a sender counts.
struct SenderCounts: Sendable {
    var rawBytes: UInt64 = 0
    var wireBytes: UInt64 = 0
    var connections = 0
    var lastError: String?
    var lastErrorCode: Code?
    var isStopped = false
}
