/// An event and when it happened: what batches carry.
public struct Record<Text: Sendable & Equatable>: Sendable, Equatable {
    /// Milliseconds since 1970, by the client's clock.
    public var atMs: Int64
    public var event: Event<Text>

    public init(atMs: Int64, event: Event<Text>) {
        self.atMs = atMs
        self.event = event
    }
}

/// A record as it came in a batch: where its bytes are, and what they say or why they say nothing usable.
public struct ReceivedRecord: Sendable, Equatable {
    /// The encoded record, kept whole if it is rejected.
    public let encoded: Slice
    public let content: Result<Record<Slice>, RecordFault>

    public init(encoded: Slice, content: Result<Record<Slice>, RecordFault>) {
        self.encoded = encoded
        self.content = content
    }
}
