internal import TracewireProtocol

/// What happened to which row, as the feed keeps it: a byte and the row's key.
struct FeedEvent: Equatable {
    /// The numbers are in the database, and do not change.
    enum Kind: UInt8, CaseIterable {
        case user = 1
        case workflowStarted = 2
        case workflowCompleted = 3
        case workflowFailed = 4
        case workflowCancelled = 5
        case nodePending = 6
        case nodeStarted = 7
        case nodeCompleted = 8
        case nodeFailed = 9
        case nodeSkipped = 10
        case generation = 11
        case rejected = 12

        /// A workflow's, or node's, as it reaches that status; `nil` for one that it cannot have.
        init?(_ entity: StatusEntity, _ status: Status) {
            switch (entity, status) {
            case (.workflow, .running): self = .workflowStarted
            case (.workflow, .completed): self = .workflowCompleted
            case (.workflow, .failed): self = .workflowFailed
            case (.workflow, .cancelled): self = .workflowCancelled
            case (.node, .pending): self = .nodePending
            case (.node, .running): self = .nodeStarted
            case (.node, .completed): self = .nodeCompleted
            case (.node, .failed): self = .nodeFailed
            case (.node, .skipped): self = .nodeSkipped
            case (.workflow, .pending), (.workflow, .skipped), (.node, .cancelled): return nil
            }
        }

        /// The row's table, as the report `events` names it.
        var subject: String {
            switch self {
            case .user: "user"
            case .workflowStarted, .workflowCompleted, .workflowFailed, .workflowCancelled: "workflow"
            case .nodePending, .nodeStarted, .nodeCompleted, .nodeFailed, .nodeSkipped: "node"
            case .generation: "generation"
            case .rejected: "rejected"
            }
        }

        /// The status that is reached; `nil` for what has none.
        var status: Status? {
            switch self {
            case .user, .generation, .rejected: nil
            case .workflowStarted, .nodeStarted: .running
            case .workflowCompleted, .nodeCompleted: .completed
            case .workflowFailed, .nodeFailed: .failed
            case .workflowCancelled: .cancelled
            case .nodePending: .pending
            case .nodeSkipped: .skipped
            }
        }
    }

    let kind: Kind
    /// 0 where nothing came of it: it is left out.
    var row: Int64

    /// Those of a commit, one after the other.
    static func encode(_ events: ArraySlice<FeedEvent>) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(events.count * 4)
        for event in events {
            bytes.append(event.kind.rawValue)
            bytes.append(varint: UInt64(bitPattern: event.row))
        }
        return bytes
    }

    /// The reverse; `nil` for what is no row of the feed. Statements from outside may give anything.
    static func decode(_ bytes: UnsafeRawBufferPointer) -> [FeedEvent]? {
        guard bytes.count <= Feed.eventsPerRow * 11 else { return nil }
        var events: [FeedEvent] = []
        var reader = VarintReader(bytes)
        while !reader.isAtEnd {
            guard events.count < Feed.eventsPerRow, let number = reader.next(),
                let kind = Kind(rawValue: UInt8(clamping: number)), let row = reader.next()
            else { return nil }
            events.append(FeedEvent(kind: kind, row: Int64(bitPattern: row)))
        }
        return events
    }
}
