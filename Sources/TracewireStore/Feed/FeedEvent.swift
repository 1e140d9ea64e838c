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

        /// A workflow's, or node's, as it reaches that status.
        init(_ entity: StatusEntity, _ status: Status) {
            self =
                switch (entity, status) {
                case (.workflow, .running), (.workflow, .pending), (.workflow, .skipped): .workflowStarted
                case (.workflow, .completed): .workflowCompleted
                case (.workflow, .failed): .workflowFailed
                case (.workflow, .cancelled): .workflowCancelled
                case (.node, .pending): .nodePending
                case (.node, .running), (.node, .cancelled): .nodeStarted
                case (.node, .completed): .nodeCompleted
                case (.node, .failed): .nodeFailed
                case (.node, .skipped): .nodeSkipped
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
    static func encode(_ events: [FeedEvent]) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(events.count * 4)
        for event in events {
            bytes.append(event.kind.rawValue)
            bytes.append(varint: UInt64(bitPattern: event.row))
        }
        return bytes
    }

    /// The reverse. What a later version has written ends it.
    static func decode(_ bytes: UnsafeRawBufferPointer) -> [FeedEvent] {
        var events: [FeedEvent] = []
        var reader = VarintReader(bytes)
        while let number = reader.next(), let kind = Kind(rawValue: UInt8(clamping: number)), let row = reader.next() {
            events.append(FeedEvent(kind: kind, row: Int64(bitPattern: row)))
        }
        return events
    }
}
