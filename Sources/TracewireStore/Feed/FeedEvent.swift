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

        /// What the rows are of, as the report `events` names it.
        static let subjects = ["user", "workflow", "node", "generation", "rejected"]

        /// Which of ``subjects`` the row is.
        var table: Int {
            switch self {
            case .user: 0
            case .workflowStarted, .workflowCompleted, .workflowFailed, .workflowCancelled: 1
            case .nodePending, .nodeStarted, .nodeCompleted, .nodeFailed, .nodeSkipped: 2
            case .generation: 3
            case .rejected: 4
            }
        }

        var subject: String { Self.subjects[table] }

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

    /// Those of a commit, one after the other: a byte each where the row is near the last one of its table, as it mostly is.
    ///
    /// The byte's low four bits are the kind. The next three say how far the row lies from the last one of its table in the same
    /// bytes, or from 0: 1 to 7 for -3 to 3; with 0 the distance follows, as a varint whose lowest bit is its sign.
    static func encode(_ events: ArraySlice<FeedEvent>) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(events.count * 2)
        var last = Array(repeating: Int64(0), count: Kind.subjects.count)
        for event in events {
            let distance = event.row.subtractingClamped(last[event.kind.table])
            last[event.kind.table] = event.row
            if near.contains(distance) {
                bytes.append(event.kind.rawValue | UInt8(distance + nearest) << kindBits)
            } else {
                bytes.append(event.kind.rawValue)
                bytes.append(varint: UInt64(bitPattern: distance << 1 ^ distance >> 63))
            }
        }
        return bytes
    }

    private static let near: ClosedRange<Int64> = -3...3
    private static let nearest: Int64 = 4
    private static let kindBits: UInt8 = 4

    /// The reverse; `nil` for what is no row of the feed. Statements from outside may give anything.
    static func decode(_ bytes: UnsafeRawBufferPointer) -> [FeedEvent]? {
        guard bytes.count <= Feed.eventsPerRow * 11 else { return nil }
        var events: [FeedEvent] = []
        var last = Array(repeating: Int64(0), count: Kind.subjects.count)
        var reader = VarintReader(bytes)
        while !reader.isAtEnd {
            guard events.count < Feed.eventsPerRow, let head = reader.next(), head < 128,
                let kind = Kind(rawValue: UInt8(head & 15)), let distance = distance(head >> UInt64(kindBits), &reader)
            else { return nil }
            let row = last[kind.table].addingClamped(distance)
            guard row > 0 else { return nil }
            last[kind.table] = row
            events.append(FeedEvent(kind: kind, row: row))
        }
        return events
    }

    private static func distance(_ code: UInt64, _ reader: inout VarintReader) -> Int64? {
        guard code == 0 else { return Int64(code) - nearest }
        return reader.next().map { Int64(bitPattern: $0 >> 1) ^ -Int64($0 & 1) }
    }
}
