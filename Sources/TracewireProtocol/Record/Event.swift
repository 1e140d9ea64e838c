/// What happened, as one of nine kinds. `Text` is `String` where an event is made, and ``Slice`` where one is read
/// in place from received bytes.
public enum Event<Text: Sendable & Equatable>: Sendable, Equatable {
    case user(User<Text>)
    case workflowStart(WorkflowStart<Text>)
    case nodePending(NodePending<Text>)
    case nodeStart(NodeStart<Text>)
    case nodeSkip(NodeSkip)
    case nodeEnd(NodeEnd<Text>)
    case generation(Generation<Text>)
    case workflowEnd(WorkflowEnd<Text>)
    case workflowShed(WorkflowShed)

    /// The kind's name in NDJSON, in `rejected_records` and in sentences.
    public var kind: EventKind {
        switch self {
        case .user: .user
        case .workflowStart: .workflowStart
        case .nodePending: .nodePending
        case .nodeStart: .nodeStart
        case .nodeSkip: .nodeSkip
        case .nodeEnd: .nodeEnd
        case .generation: .generation
        case .workflowEnd: .workflowEnd
        case .workflowShed: .workflowShed
        }
    }
}

extension Event {
    /// The workflow that it belongs to; `nil` for a user.
    package var workflow: Identifier? {
        switch self {
        case .user: nil
        case .workflowStart(let start): start.workflow
        case .nodePending(let pending): pending.workflow
        case .nodeStart(let start): start.workflow
        case .nodeSkip(let skip): skip.workflow
        case .nodeEnd(let end): end.workflow
        case .generation(let generation): generation.workflow
        case .workflowEnd(let end): end.workflow
        case .workflowShed(let shed): shed.workflow
        }
    }

    /// The identifier of the user, workflow, node or generation that the event is about.
    package var subject: Identifier {
        switch self {
        case .user(let user): user.id
        case .workflowStart(let start): start.workflow
        case .nodePending(let pending): pending.node
        case .nodeStart(let start): start.node
        case .nodeSkip(let skip): skip.node
        case .nodeEnd(let end): end.node
        case .generation(let generation): generation.generation
        case .workflowEnd(let end): end.workflow
        case .workflowShed(let shed): shed.workflow
        }
    }
}

/// The nine kinds of event; the raw value is the name in NDJSON.
public enum EventKind: String, CaseIterable, Sendable {
    case user = "user"
    case workflowStart = "workflow.start"
    case nodePending = "node.pending"
    case nodeStart = "node.start"
    case nodeSkip = "node.skip"
    case nodeEnd = "node.end"
    case generation = "generation"
    case workflowEnd = "workflow.end"
    case workflowShed = "workflow.shed"
}

/// A person on whose behalf workflows run. `username` is the identity.
public struct User<Text: Sendable & Equatable>: Sendable, Equatable {
    /// Made by the client, or `zero`: the collector then makes one.
    public var id: Identifier = .zero
    /// Required, unique.
    public var username: Text?
    /// Unique where present. A later event may add it, not change it.
    public var email: Text?

    public init(id: Identifier = .zero, username: Text? = nil, email: Text? = nil) {
        self.id = id
        self.username = username
        self.email = email
    }
}

/// A workflow begins: it is `running`.
public struct WorkflowStart<Text: Sendable & Equatable>: Sendable, Equatable {
    public var workflow: Identifier = .zero
    public var username: Text?
    /// Required.
    public var name: Text?
    public var userInput: Text?
    public var inputType: Text?
    /// JSON.
    public var timeSettings: Text?
    /// JSON.
    public var dateTheme: Text?
    /// JSON. ``WorkflowEnd`` may replace it.
    public var userIntent: Text?
    public var searchRadius: Int64?
    /// JSON.
    public var tags: Text?
    /// JSON.
    public var metadata: Text?

    public init() {}
}

/// What a node is, said by the event that makes it: ``NodePending``, or ``NodeStart`` of a node that was never pending.
public struct NodeDescription<Text: Sendable & Equatable>: Sendable, Equatable {
    public var nodeName: Text?
    public var nodeType: Text?
    public var executionOrder: Int64?
    /// JSON.
    public var tags: Text?
    /// JSON.
    public var metadata: Text?

    public init(
        nodeName: Text? = nil, nodeType: Text? = nil, executionOrder: Int64? = nil, tags: Text? = nil,
        metadata: Text? = nil
    ) {
        self.nodeName = nodeName
        self.nodeType = nodeType
        self.executionOrder = executionOrder
        self.tags = tags
        self.metadata = metadata
    }
}

/// A node is known and waits: it is `pending`.
public struct NodePending<Text: Sendable & Equatable>: Sendable, Equatable {
    public var node: Identifier = .zero
    public var workflow: Identifier = .zero
    /// Name, type and order are required.
    public var description = NodeDescription<Text>()

    public init() {}
}

/// A node runs.
public struct NodeStart<Text: Sendable & Equatable>: Sendable, Equatable {
    public var node: Identifier = .zero
    public var workflow: Identifier = .zero
    /// Name, type and order are required where the node was never pending; where it was, what is present must agree.
    public var description = NodeDescription<Text>()
    /// JSON.
    public var inputData: Text?

    public init() {}
}

/// A pending node will not run: it is `skipped`.
public struct NodeSkip: Sendable, Equatable {
    public var node: Identifier = .zero
    public var workflow: Identifier = .zero

    public init(node: Identifier = .zero, workflow: Identifier = .zero) {
        self.node = node
        self.workflow = workflow
    }
}

/// A node ended as `completed` or `failed`.
public struct NodeEnd<Text: Sendable & Equatable>: Sendable, Equatable {
    public var node: Identifier = .zero
    public var workflow: Identifier = .zero
    /// The number of a ``Status``; a number that is none is refused as `unknown_status`.
    public var status: UInt32 = 0
    /// JSON: the workflow's whole state after the node.
    public var stateData: Text?
    /// JSON.
    public var outputData: Text?
    public var errorMessage: Text?
    public var errorTraceback: Text?
    /// Where absent, the collector takes the time from the node's start to this event.
    public var durationMs: Int64?

    public init() {}
}

/// One call of a model.
public struct Generation<Text: Sendable & Equatable>: Sendable, Equatable {
    public var generation: Identifier = .zero
    public var workflow: Identifier = .zero
    /// `zero` for a call outside of any node.
    public var node: Identifier = .zero
    /// Required.
    public var modelName: Text?
    public var modelProvider: Text?
    public var systemPrompt: Text?
    public var userPrompt: Text?
    public var output: Text?
    /// JSON.
    public var parsedOutput: Text?
    public var temperature: Double?
    public var maxTokens: Int64?
    public var promptTokens: Int64?
    public var completionTokens: Int64?
    public var totalTokens: Int64?
    public var latencyMs: Int64?
    public var errorMessage: Text?
    /// JSON.
    public var metadata: Text?

    public init() {}
}

/// A workflow ended as `completed`, `failed` or `cancelled`.
public struct WorkflowEnd<Text: Sendable & Equatable>: Sendable, Equatable {
    public var workflow: Identifier = .zero
    /// The number of a ``Status``; a number that is none is refused as `unknown_status`.
    public var status: UInt32 = 0
    /// JSON.
    public var userIntent: Text?
    /// JSON.
    public var finalItinerary: Text?

    public init() {}
}

/// Some of a workflow was shed by the program that recorded it: a count of all so far, which replaces what the same source
/// said before where it is higher.
public struct WorkflowShed: Sendable, Equatable {
    public var workflow: Identifier = .zero
    /// Made once by each program for each workflow of which it sheds something. Required.
    public var source: Identifier = .zero
    /// Records that were lost.
    public var records: Int64?
    /// Records of which only that they happened, when, and how it ended was kept.
    public var payloads: Int64?

    public init(workflow: Identifier = .zero, source: Identifier = .zero, records: Int64? = nil, payloads: Int64? = nil)
    {
        self.workflow = workflow
        self.source = source
        self.records = records
        self.payloads = payloads
    }
}
