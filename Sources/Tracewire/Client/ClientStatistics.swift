public import TracewireProtocol

/// What a client has done so far.
public struct ClientStatistics: Equatable, Sendable {
    /// Records taken into the queue.
    public var recorded = 0
    public var committed = 0
    /// See ``DeliveryReport/committedUnseen``.
    public var committedUnseen = 0
    public var parked = 0
    public var rejected = 0
    /// Records that could never be accepted, and were not sent.
    public var refused = 0
    /// Records lost because the queue was full, by their kind.
    public var shed: [EventKind: Int] = [:]
    /// Records whose payloads were lost because the queue was full or they were too large for it, by their kind.
    public var payloadsShed: [EventKind: Int] = [:]
    /// Bytes that the queue holds now.
    public var queuedBytes = 0
    /// Bytes of batches sent, before compression and with what was sent again.
    public var rawBytesSent: UInt64 = 0
    /// Bytes of the same as they went out, with their headers.
    public var wireBytesSent: UInt64 = 0
    /// Connections that opened after the first one.
    public var reconnects = 0
    /// The last thing that went wrong with the connection; `nil` once a connection is open again.
    public var lastError: String?
    /// Its code, `ok` where it is the network's; `nil` once a connection is open again.
    public var lastErrorCode: Code?

    public init() {}
}
