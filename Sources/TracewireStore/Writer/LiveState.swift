internal import TracewireProtocol

/// What deciding needs to know of a workflow.
final class LiveWorkflow {
    let id: Int64
    var status: Status
    /// What the row says of when something was heard of it; see ``HeardTimes``.
    var heardAt: Int64
    let userID: Int64?
    let createdAt: Int64

    init(id: Int64, status: Status, heardAt: Int64, userID: Int64?, createdAt: Int64) {
        self.id = id
        self.status = status
        self.heardAt = heardAt
        self.userID = userID
        self.createdAt = createdAt
    }
}

/// What deciding needs to know of a node.
final class LiveNode {
    let id: Int64
    let identifier: Identifier
    let workflow: Identifier
    let workflowID: Int64
    var status: Status
    var startedAt: Int64?
    /// What this transaction says of the node and has not written yet.
    var change: NodeChange?
    /// How the rollups count it, while that can change and is remembered.
    var counted: CountedNode?
    /// Of its name and type, by ``RollupKeys``; `nil` until it is asked for.
    var rollupKey: Int64?

    init(
        id: Int64, identifier: Identifier, workflow: Identifier, workflowID: Int64, status: Status, startedAt: Int64?
    ) {
        self.id = id
        self.identifier = identifier
        self.workflow = workflow
        self.workflowID = workflowID
        self.status = status
        self.startedAt = startedAt
    }
}

/// Bytes of a batch that is pinned until the next flush of the ``WriteSet``.
typealias PinnedText = UnsafeRawBufferPointer

/// The events of one node in one transaction, which become one write.
final class NodeChange {
    /// Set if the node's row does not exist yet.
    var creation: (description: PinnedDescription, pendingAt: Int64?)?
    var start: (at: Int64, inputData: PinnedText?)?
    var end: NodeEnding?
}

struct PinnedDescription {
    var nodeName: PinnedText?
    var nodeType: PinnedText?
    var executionOrder: Int64?
    var tags: PinnedText?
    var metadata: PinnedText?
}

/// How a node ended; of a skipped one only the time is set.
struct NodeEnding {
    var at: Int64
    var stateData: PinnedText?
    var outputData: PinnedText?
    var errorMessage: PinnedText?
    var errorTraceback: PinnedText?
    var durationMs: Int64?
}

/// A generation that waits for the flush, with what its record said.
struct NewGeneration {
    let content: Generation<Slice>
    let at: Int64
    let workflowID: Int64
    let node: LiveNode?
    let userID: Int64?
    /// In the ``Feed``.
    let place: Int
    let origin: RecordOrigin
}

/// A record on its way: where it came from, and where its bytes lie until the next flush.
struct RecordOrigin {
    let producer: Identifier
    let sequence: UInt64
    let index: UInt32
    /// The bytes in which the record's slices lie.
    let bytes: UnsafeRawBufferPointer
    /// The record itself within `bytes`.
    let encoded: Slice
    /// The batch's place in the group that is being committed; `nil` for a record that was parked in an earlier one,
    /// whose producer hears no more of it.
    let batch: Int?

    func text(_ slice: Slice?) -> PinnedText? {
        guard let slice else { return nil }
        return UnsafeRawBufferPointer(rebasing: bytes[slice.range])
    }

    func text(_ slice: Slice) -> PinnedText {
        UnsafeRawBufferPointer(rebasing: bytes[slice.range])
    }
}

/// What a record can wait for.
enum Awaited: Hashable {
    case user(String)
    case workflow(Identifier)
    case node(Identifier)
    /// A node that is known, and neither started nor skipped yet.
    case start(Identifier)

    var kind: String {
        switch self {
        case .user: "user"
        case .workflow: "workflow"
        case .node: "node"
        case .start: "start"
        }
    }

    var identity: String {
        switch self {
        case .user(let name): name
        case .workflow(let identifier), .node(let identifier), .start(let identifier): identifier.description
        }
    }
}

/// What becomes of a record.
enum Decision {
    case accepted
    case rejected(RecordFault)
    case parked(Awaited)
}

extension RecordFault {
    /// - Parameter remark: what else there is to say, such as how the event differs from one that was accepted.
    static func illegalTransition(
        _ entity: StatusEntity, _ identity: Identifier, from: Status, to: Status, by kind: EventKind? = nil,
        remark: String? = nil
    ) -> Self {
        let event = kind.map { " by \($0.rawValue)" } ?? ""
        let more = remark.map { "; \($0)" } ?? ""
        return RecordFault(
            .illegalTransition,
            "\(entity.rawValue) \(identity) cannot go from \(from.name) to \(to.name)\(event)\(more)")
    }

    /// - Parameter what: what has been told of the entity, such as `has started`.
    static func conflictingDuplicate(
        _ entity: String, _ identity: Identifier, _ what: String, differsIn keys: [String]
    ) -> Self {
        RecordFault(.conflictingDuplicate, "\(entity) \(identity) \(differing(what, keys))")
    }

    /// `has started already, and what was sent now differs in at_ms, name`
    static func differing(_ what: String, _ keys: [String]) -> String {
        "\(what) already, and what was sent now differs in \(keys.joined(separator: ", "))"
    }
}
