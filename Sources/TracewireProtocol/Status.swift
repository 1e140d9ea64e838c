/// What a workflow or node is at. The numbers are those of `enum Status` in `protocol/tracewire.proto`.
public enum Status: UInt32, CaseIterable, Sendable {
    case pending = 1
    case running = 2
    case completed = 3
    case failed = 4
    case cancelled = 5
    case skipped = 6

    /// The name in the database, in NDJSON and in sentences.
    public var name: String {
        switch self {
        case .pending: "pending"
        case .running: "running"
        case .completed: "completed"
        case .failed: "failed"
        case .cancelled: "cancelled"
        case .skipped: "skipped"
        }
    }

    /// The status of that name, if there is one.
    public init?(name: some StringProtocol) {
        guard let status = Self.allCases.first(where: { $0.name == name }) else { return nil }
        self = status
    }
}

/// What has a status.
public enum StatusEntity: String, Sendable {
    case workflow
    case node

    /// The one table of transitions, for the client, which refuses early, and the collector, which decides.
    ///
    /// `from` is `nil` for an entity that does not exist yet.
    public func allows(from: Status?, to: Status) -> Bool {
        switch (self, from, to) {
        case (.workflow, nil, .running): true
        case (.workflow, .running, .completed), (.workflow, .running, .failed), (.workflow, .running, .cancelled): true
        case (.node, nil, .pending), (.node, nil, .running): true
        case (.node, .pending, .running), (.node, .pending, .skipped): true
        case (.node, .running, .completed), (.node, .running, .failed): true
        default: false
        }
    }

    /// Those that some event leads to.
    public var statuses: [Status] {
        let origins = [nil] + Status.allCases.map(Optional.some)
        return Status.allCases.filter { status in origins.contains { allows(from: $0, to: status) } }
    }

    /// Whether nothing can follow `status`.
    public func isFinal(_ status: Status) -> Bool {
        !Status.allCases.contains { allows(from: status, to: $0) }
    }
}
