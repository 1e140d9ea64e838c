import TracewireProtocol

@testable import TracewireProtocol

// One event each.
extension Rules {
    /// - Parameter hasSender: whether somebody is told: a record that was parked waits on for what comes between.
    mutating func decide(_ record: Record<String>, hasSender: Bool) -> Decision {
        switch record.event {
        case .user(let user): decide(user)
        case .workflowStart(let start): decide(start, record)
        case .nodePending(let pending): decide(pending, at: record.atMs)
        case .nodeStart(let start): decide(start, at: record.atMs)
        case .nodeSkip(let skip): decide(skip, at: record.atMs)
        case .nodeEnd(let end): decide(end, at: record.atMs, hasSender)
        case .generation(let generation): decide(generation, record)
        case .workflowEnd(let end): decide(end, record)
        case .workflowShed(let shed): decide(shed)
        }
    }

    private mutating func decide(_ user: User<String>) -> Decision {
        let name = user.username ?? ""
        let isTaken = users.contains { $0.key != name && $0.value != nil && $0.value == user.email }
        guard let known = users[name] else {
            if isTaken { return .rejected(.conflictingDuplicate) }
            users[name] = .some(user.email)
            appeared.append(.user(name))
            return .accepted
        }
        guard let email = user.email, email != known else { return .accepted }
        if known != nil || isTaken { return .rejected(.conflictingDuplicate) }
        users[name] = .some(email)
        return .accepted
    }

    private mutating func decide(_ start: WorkflowStart<String>, _ record: Record<String>) -> Decision {
        if let known = workflows[start.workflow] {
            return known.start == record ? .accepted : .rejected(.conflictingDuplicate)
        }
        if let username = start.username, users[username] == nil { return .parked(.user(username)) }
        workflows[start.workflow] = Workflow(start: record)
        appeared.append(.workflow(start.workflow))
        return .accepted
    }

    private mutating func decide(_ end: WorkflowEnd<String>, _ record: Record<String>) -> Decision {
        guard let known = workflows[end.workflow] else { return .parked(.workflow(end.workflow)) }
        guard let status = Status(rawValue: end.status) else { return .rejected(.unknownStatus) }
        if known.status == .running, [.completed, .failed, .cancelled].contains(status) {
            workflows[end.workflow]?.status = status
            workflows[end.workflow]?.end = record
            return .accepted
        }
        guard known.status == status, status != .running else { return .rejected(.illegalTransition) }
        return known.end == record ? .accepted : .rejected(.conflictingDuplicate)
    }

    private mutating func decide(_ generation: Generation<String>, _ record: Record<String>) -> Decision {
        if generation.node != .zero, let node = nodes[generation.node], node.workflow != generation.workflow {
            return .rejected(.wrongParent)
        }
        guard workflows[generation.workflow] != nil else { return .parked(.workflow(generation.workflow)) }
        if generation.node != .zero, nodes[generation.node] == nil { return .parked(.node(generation.node)) }
        if let known = generations[generation.generation] {
            return known == record ? .accepted : .rejected(.conflictingDuplicate)
        }
        generations[generation.generation] = record
        return .accepted
    }

    private mutating func decide(_ shed: WorkflowShed) -> Decision {
        guard workflows[shed.workflow] != nil else { return .parked(.workflow(shed.workflow)) }
        var sum = sheds[shed.workflow]?[shed.source] ?? WorkflowShed(records: 0, payloads: 0)
        sum.records = max(sum.records ?? 0, shed.records ?? 0)
        sum.payloads = max(sum.payloads ?? 0, shed.payloads ?? 0)
        sheds[shed.workflow, default: [:]][shed.source] = sum
        return .accepted
    }

    // MARK: Nodes

    private mutating func decide(_ pending: NodePending<String>, at: Int64) -> Decision {
        guard let node = nodes[pending.node] else {
            guard workflows[pending.workflow] != nil else { return .parked(.workflow(pending.workflow)) }
            nodes[pending.node] = Node(
                workflow: pending.workflow, status: .pending, description: pending.description, pendingAt: at)
            appeared.append(.node(pending.node))
            return .accepted
        }
        guard node.workflow == pending.workflow else { return .rejected(.wrongParent) }
        if node.pendingAt == at, node.description == pending.description { return .accepted }
        return .rejected(node.status == .pending ? .conflictingDuplicate : .illegalTransition)
    }

    private mutating func decide(_ start: NodeStart<String>, at: Int64) -> Decision {
        let said = start.description
        guard let node = nodes[start.node] else {
            guard workflows[start.workflow] != nil else { return .parked(.workflow(start.workflow)) }
            guard said.nodeName != nil, said.nodeType != nil, said.executionOrder != nil else {
                return .parked(.node(start.node))
            }
            nodes[start.node] = Node(
                workflow: start.workflow, status: .running, description: said, start: (at, start.inputData))
            appeared.append(.node(start.node))
            return .accepted
        }
        guard node.workflow == start.workflow else { return .rejected(.wrongParent) }
        if node.status == .pending {
            guard said.agrees(with: node.description) else { return .rejected(.conflictingDuplicate) }
            nodes[start.node]?.status = .running
            nodes[start.node]?.start = (at, start.inputData)
            appeared.append(.start(start.node))
            return .accepted
        }
        guard let begun = node.start else { return .rejected(.illegalTransition) }
        if begun == (at, start.inputData), said.agrees(with: node.description) { return .accepted }
        return .rejected(node.status == .running ? .conflictingDuplicate : .illegalTransition)
    }

    private mutating func decide(_ skip: NodeSkip, at: Int64) -> Decision {
        guard let node = nodes[skip.node] else { return .parked(.node(skip.node)) }
        guard node.workflow == skip.workflow else { return .rejected(.wrongParent) }
        if node.status == .pending {
            nodes[skip.node]?.status = .skipped
            nodes[skip.node]?.skippedAt = at
            appeared.append(.start(skip.node))
            return .accepted
        }
        guard node.status == .skipped else { return .rejected(.illegalTransition) }
        return node.skippedAt == at ? .accepted : .rejected(.conflictingDuplicate)
    }

    private mutating func decide(_ end: NodeEnd<String>, at: Int64, _ hasSender: Bool) -> Decision {
        guard let status = Status(rawValue: end.status) else { return .rejected(.unknownStatus) }
        guard let node = nodes[end.node] else { return .parked(.node(end.node)) }
        guard status == .completed || status == .failed else { return .rejected(.illegalTransition) }
        guard node.workflow == end.workflow else { return .rejected(.wrongParent) }
        var content = end
        content.durationMs = end.durationMs ?? node.start.map { max(0, at - $0.at) }
        if node.status == .running {
            nodes[end.node]?.status = status
            nodes[end.node]?.end = (at, content)
            return .accepted
        }
        if node.status == .pending, !hasSender { return .parked(.start(end.node)) }
        guard node.status == status, let known = node.end else { return .rejected(.illegalTransition) }
        return known == (at, content) ? .accepted : .rejected(.conflictingDuplicate)
    }
}

extension NodeDescription where Text == String {
    /// What is absent here says nothing.
    fileprivate func agrees(with known: Self) -> Bool {
        (nodeName == nil || nodeName == known.nodeName) && (nodeType == nil || nodeType == known.nodeType)
            && (executionOrder == nil || executionOrder == known.executionOrder)
            && (tags == nil || tags == known.tags) && (metadata == nil || metadata == known.metadata)
    }
}
