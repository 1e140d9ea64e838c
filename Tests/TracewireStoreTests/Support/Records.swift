import TracewireProtocol

// Records with as little as possible said in a test.

func user(_ name: String, email: String? = nil, at: Int64 = 1) -> Record<String> {
    Record(atMs: at, event: .user(User(username: name, email: email)))
}

func workflowStart(
    _ workflow: Identifier, at: Int64 = 10, name: String = "planner", user: String? = nil,
    _ change: (inout WorkflowStart<String>) -> Void = { _ in }
) -> Record<String> {
    var start = WorkflowStart<String>()
    start.workflow = workflow
    start.name = name
    start.username = user
    change(&start)
    return Record(atMs: at, event: .workflowStart(start))
}

func workflowEnd(
    _ workflow: Identifier, _ status: Status = .completed, at: Int64 = 100,
    _ change: (inout WorkflowEnd<String>) -> Void = { _ in }
) -> Record<String> {
    var end = WorkflowEnd<String>()
    end.workflow = workflow
    end.status = status.rawValue
    change(&end)
    return Record(atMs: at, event: .workflowEnd(end))
}

func workflowShed(
    _ workflow: Identifier, by source: Identifier, records: Int64? = nil, payloads: Int64? = nil, at: Int64 = 110
) -> Record<String> {
    Record(
        atMs: at,
        event: .workflowShed(WorkflowShed(workflow: workflow, source: source, records: records, payloads: payloads)))
}

func nodePending(
    _ node: Identifier, in workflow: Identifier, at: Int64 = 20, name: String = "search", order: Int64 = 1,
    _ change: (inout NodePending<String>) -> Void = { _ in }
) -> Record<String> {
    var pending = NodePending<String>()
    pending.node = node
    pending.workflow = workflow
    pending.description = NodeDescription(nodeName: name, nodeType: "tool", executionOrder: order)
    change(&pending)
    return Record(atMs: at, event: .nodePending(pending))
}

/// Without a description: the node has to be pending.
func nodeStart(
    _ node: Identifier, in workflow: Identifier, at: Int64 = 30,
    _ change: (inout NodeStart<String>) -> Void = { _ in }
) -> Record<String> {
    var start = NodeStart<String>()
    start.node = node
    start.workflow = workflow
    change(&start)
    return Record(atMs: at, event: .nodeStart(start))
}

/// With a description: the node need not be known.
func describedStart(
    _ node: Identifier, in workflow: Identifier, at: Int64 = 30, name: String = "search", order: Int64 = 1
) -> Record<String> {
    nodeStart(node, in: workflow, at: at) {
        $0.description = NodeDescription(nodeName: name, nodeType: "tool", executionOrder: order)
    }
}

func nodeSkip(_ node: Identifier, in workflow: Identifier, at: Int64 = 40) -> Record<String> {
    Record(atMs: at, event: .nodeSkip(NodeSkip(node: node, workflow: workflow)))
}

func nodeEnd(
    _ node: Identifier, in workflow: Identifier, _ status: Status = .completed, at: Int64 = 50,
    _ change: (inout NodeEnd<String>) -> Void = { _ in }
) -> Record<String> {
    var end = NodeEnd<String>()
    end.node = node
    end.workflow = workflow
    end.status = status.rawValue
    change(&end)
    return Record(atMs: at, event: .nodeEnd(end))
}

func generation(
    _ generation: Identifier, in workflow: Identifier, node: Identifier = .zero, at: Int64 = 45,
    _ change: (inout Generation<String>) -> Void = { _ in }
) -> Record<String> {
    var content = Generation<String>()
    content.generation = generation
    content.workflow = workflow
    content.node = node
    content.modelName = "gpt-4o"
    change(&content)
    return Record(atMs: at, event: .generation(content))
}

func identifier(_ number: UInt64) -> Identifier {
    Identifier(high: 0x0199_c83c_0000_7000, low: 0x8000_0000_0000_0000 | number)
}
