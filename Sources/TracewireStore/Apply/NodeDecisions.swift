internal import TracewireProtocol

// The rules for nodes; see `Decisions.swift` for what they have in common.
extension RecordApplier {
    func decide(_ pending: NodePending<Slice>, at: Int64, _ origin: RecordOrigin) throws(StoreError) -> Decision {
        let description = PinnedDescription(pending.description, origin)
        guard let node = try node(pending.node) else {
            return try create(pending.node, in: pending.workflow, .pending, at: at, description, inputData: nil)
        }
        guard node.workflow == pending.workflow else {
            return .rejected(.wrongParent(node: pending.node, workflow: pending.workflow))
        }
        try publish()
        let keys = try nodeRows.differences(node, pendingAt: at, description)
        if keys.isEmpty { return .accepted }
        guard node.status == .pending else { return .rejected(.illegal(node, leadsTo: .pending)) }
        return .rejected(.conflictingDuplicate("node", node.identifier, "was announced", differsIn: keys))
    }

    func decide(_ start: NodeStart<Slice>, at: Int64, _ origin: RecordOrigin) throws(StoreError) -> Decision {
        let description = PinnedDescription(start.description, origin)
        let inputData = origin.text(start.inputData)
        guard let node = try node(start.node) else {
            if !description.isComplete, try workflow(start.workflow) != nil { return .parked(.node(start.node)) }
            return try create(start.node, in: start.workflow, .running, at: at, description, inputData: inputData)
        }
        guard node.workflow == start.workflow else {
            return .rejected(.wrongParent(node: start.node, workflow: start.workflow))
        }
        guard StatusEntity.node.allows(from: node.status, to: .running) else {
            try publish()
            guard node.startedAt != nil else { return .rejected(.illegal(node, leadsTo: .running)) }
            let keys = try nodeRows.differences(node, startedAt: at, description, inputData: inputData)
            return keys.isEmpty ? .accepted : .rejected(.startedAgain(node, differsIn: keys))
        }
        let keys = try differences(node, description)
        guard keys.isEmpty else {
            return .rejected(.conflictingDuplicate("node", start.node, "was announced", differsIn: keys))
        }
        node.status = .running
        feed.note(.nodeStarted, row: node.id)
        node.startedAt = at
        writeSet.change(of: node).start = (at, inputData)
        try note(.start(start.node))
        return .accepted
    }

    func decide(_ skip: NodeSkip, at: Int64) throws(StoreError) -> Decision {
        try end(skip.node, of: skip.workflow, as: .skipped) { _ in NodeEnding(at: at) }
    }

    func decide(_ end: NodeEnd<Slice>, at: Int64, _ origin: RecordOrigin) throws(StoreError) -> Decision {
        guard let status = Status(rawValue: end.status) else { return .rejected(.unknownStatus(end.status)) }
        guard status == .completed || status == .failed else {
            // From `pending` the table allows `running` and `skipped`, but an end is not the event for them.
            guard let node = try node(end.node) else { return .parked(.node(end.node)) }
            return .rejected(.illegalTransition(.node, end.node, from: node.status, to: status, by: .nodeEnd))
        }
        return try self.end(end.node, of: end.workflow, as: status, hasSender: origin.batch != nil) { node in
            NodeEnding(
                at: at, stateData: origin.text(end.stateData), outputData: origin.text(end.outputData),
                errorMessage: origin.text(end.errorMessage), errorTraceback: origin.text(end.errorTraceback),
                durationMs: end.durationMs ?? node.startedAt.map { max(0, at - $0) })
        }
    }

    /// A node that nobody has heard of comes into being, if its workflow is known.
    private func create(
        _ identifier: Identifier, in workflowIdentifier: Identifier, _ status: Status, at: Int64,
        _ description: PinnedDescription, inputData: PinnedText?
    ) throws(StoreError) -> Decision {
        guard let workflow = try workflow(workflowIdentifier) else { return .parked(.workflow(workflowIdentifier)) }
        let node = LiveNode(
            id: try takeNodeID(), identifier: identifier, workflow: workflowIdentifier, workflowID: workflow.id,
            status: status, startedAt: status == .running ? at : nil)
        try remember(node)
        feed.note(.node, status, row: node.id)
        let change = writeSet.change(of: node)
        change.creation = (description, status == .pending ? at : nil)
        if status == .running { change.start = (at, inputData) }
        try note(.node(identifier))
        return .accepted
    }

    private func end(
        _ identifier: Identifier, of workflow: Identifier, as status: Status, hasSender: Bool = true,
        _ ending: (LiveNode) -> NodeEnding
    ) throws(StoreError) -> Decision {
        guard let node = try node(identifier) else { return .parked(.node(identifier)) }
        guard node.workflow == workflow else { return .rejected(.wrongParent(node: identifier, workflow: workflow)) }
        if StatusEntity.node.allows(from: node.status, to: status) {
            let isStarted = node.status != .pending
            node.status = status
            feed.note(.node, status, row: node.id)
            writeSet.change(of: node).end = ending(node)
            if !isStarted { try note(.start(identifier)) }
            return .accepted
        }
        // It was told to wait, so it also waits for what comes between.
        if node.status == .pending && !hasSender { return .parked(.start(identifier)) }
        try publish()
        guard node.status == status else { return .rejected(.illegal(node, leadsTo: status)) }
        let keys = try nodeRows.differences(node, ending(node))
        return keys.isEmpty
            ? .accepted : .rejected(.conflictingDuplicate("node", identifier, "has ended", differsIn: keys))
    }

    /// The keys in which what a start says of a pending node differs from what was said before.
    private func differences(_ node: LiveNode, _ description: PinnedDescription) throws(StoreError) -> [String] {
        if description.isEmpty { return [] }
        if let creation = node.change?.creation { return description.differences(from: creation.description) }
        // What was flushed in this transaction may refer to values that no segment holds yet.
        if description.tags != nil || description.metadata != nil { try publish() }
        return try nodeRows.differences(node, startedAt: nil, description, inputData: nil)
    }
}

extension PinnedDescription {
    fileprivate init(_ description: NodeDescription<Slice>, _ origin: RecordOrigin) {
        nodeName = origin.text(description.nodeName)
        nodeType = origin.text(description.nodeType)
        executionOrder = description.executionOrder
        tags = origin.text(description.tags)
        metadata = origin.text(description.metadata)
    }

    /// Whether a node can be made of it.
    fileprivate var isComplete: Bool {
        !nodeName.bytes.isEmpty && !nodeType.bytes.isEmpty && executionOrder != nil
    }

    fileprivate var isEmpty: Bool {
        nodeName == nil && nodeType == nil && executionOrder == nil && tags == nil && metadata == nil
    }

    /// The keys that are said here and not, or otherwise, in `other`.
    fileprivate func differences(from other: PinnedDescription) -> [String] {
        var keys: [String] = []
        if !Self.agree(nodeName, other.nodeName) { keys.append("node_name") }
        if !Self.agree(nodeType, other.nodeType) { keys.append("node_type") }
        if executionOrder != nil && executionOrder != other.executionOrder { keys.append("execution_order") }
        if !Self.agree(tags, other.tags) { keys.append("tags") }
        if !Self.agree(metadata, other.metadata) { keys.append("metadata") }
        return keys
    }

    private static func agree(_ said: PinnedText?, _ before: PinnedText?) -> Bool {
        guard let said else { return true }
        return before.map { said.elementsEqual($0) } ?? false
    }
}

extension RecordFault {
    fileprivate static func illegal(_ node: LiveNode, leadsTo status: Status, remark: String? = nil) -> Self {
        .illegalTransition(.node, node.identifier, from: node.status, to: status, remark: remark)
    }

    /// Of a start that is not the one which was accepted.
    fileprivate static func startedAgain(_ node: LiveNode, differsIn keys: [String]) -> Self {
        node.status == .running
            ? .conflictingDuplicate("node", node.identifier, "has started", differsIn: keys)
            : .illegal(node, leadsTo: .running, remark: "it \(differing("has started", keys))")
    }
}
