public import TracewireProtocol

/// A record that the collector did not accept, or was not sent because it is larger than the collector takes.
public struct Rejection: Equatable, Sendable {
    /// `nil` if the record could not be read back.
    public let kind: EventKind?
    /// The identifier of the node, generation or workflow that the record is about, or the user's name.
    public let identity: String
    /// Of a record that was not sent it is the client's own, without a sequence.
    public let verdict: Verdict

    /// Whether the collector keeps the record whole: `tracewire rejected` shows it. One that was not sent is lost.
    public var isKeptByCollector: Bool { verdict.sequence > 0 }

    public init(kind: EventKind?, identity: String, verdict: Verdict) {
        self.kind = kind
        self.identity = identity
        self.verdict = verdict
    }
}
