public import TracewireProtocol

/// A record that the collector did not accept. The collector keeps it whole: `tracewire rejected` shows it.
public struct Rejection: Equatable, Sendable {
    /// `nil` if the record could not be read back.
    public let kind: EventKind?
    /// The identifier of the node, generation or workflow that the record is about, or the user's name.
    public let identity: String
    public let verdict: Verdict

    public init(kind: EventKind?, identity: String, verdict: Verdict) {
        self.kind = kind
        self.identity = identity
        self.verdict = verdict
    }
}
