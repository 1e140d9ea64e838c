internal import TracewireProtocol

// What each row contributes. `times` is 1 for a row that comes, -1 for one that goes.
extension Rollups {
    /// A node, in the hour in which it started or, before that, was announced.
    func note(
        nodeOf key: Int64, hour: Int64, _ status: Status, durationMs: Int64?, times: Int64
    ) throws(StoreError) {
        let place = RollupPlace(.nodes, .hour, period: hour, key: key)
        try note(place, RollupKind(status), measured: durationMs, times: times)
    }

    func note(_ call: CountedCall, times: Int64) throws(StoreError) {
        let kind: RollupKind = call.isFailed ? .failedCall : .call
        var tokens = RollupTokens()
        tokens.prompt.add(call.promptTokens.map { max(0, $0) }, times: times)
        tokens.completion.add(call.completionTokens.map { max(0, $0) }, times: times)
        tokens.total.add(call.totalTokens.map { max(0, $0) }, times: times)
        let model = RollupPlace(.models, at: call.at, key: call.key)
        try note(model, kind, measured: call.latencyMs, tokens, times: times)
        try note(RollupPlace(.users, at: call.at, key: call.userID ?? 0), kind, tokens, times: times)
        guard let node = call.nodeKey else { return }
        try note(RollupPlace(.nodes, at: call.at, key: node), kind, tokens, times: times)
    }

    /// A workflow, in the hour in which it began. How long it took is measured when it has ended.
    func note(
        workflowOf userID: Int64?, createdAt: Int64, _ status: Status, completedAt: Int64?, times: Int64
    ) throws(StoreError) {
        let duration = completedAt.map { max(0, $0.subtractingClamped(createdAt)) }
        let user = RollupPlace(.users, at: createdAt, key: userID ?? 0)
        try note(user, RollupKind(status), measured: duration, times: times)
        try note(RollupPlace(.totals, at: createdAt, key: 0), RollupKind(status), times: times)
    }

    func note(userCreatedAt createdAt: Int64, times: Int64) throws(StoreError) {
        try note(RollupPlace(.totals, at: createdAt, key: 0), .user, times: times)
    }

    /// A rejected record that is kept, by the collector's clock.
    func note(rejectedAt receivedAt: Int64, times: Int64) throws(StoreError) {
        try note(RollupPlace(.totals, at: receivedAt, key: 0), .rejected, times: times)
    }
}

/// What rollups take from a generation.
struct CountedCall {
    /// Of the model and its provider, by ``RollupKeys``.
    let key: Int64
    /// Of the node's name and type; `nil` for a call outside of any node.
    let nodeKey: Int64?
    let userID: Int64?
    let at: Int64
    let isFailed: Bool
    let latencyMs: Int64?
    let promptTokens: Int64?
    let completionTokens: Int64?
    let totalTokens: Int64?
}

/// How a node that may still change is counted.
struct CountedNode {
    let key: Int64
    let hour: Int64
    let status: Status
}

// The rows that traffic writes.
extension Rollups {
    /// Before the node's change is written: it is counted as it will be, and not any more as it was.
    func note(_ node: LiveNode, _ change: NodeChange) throws(StoreError) {
        let before = try counted(node, change)
        let key: Int64
        if let description = change.creation?.description {
            key = try keys.key(.nodes, description.nodeName.bytes, description.nodeType.bytes)
        } else {
            guard let before else { return }
            key = before.key
        }
        node.rollupKey = key
        if let before {
            try note(nodeOf: key, hour: before.hour, before.status, durationMs: nil, times: -1)
        }
        let at = node.startedAt ?? change.creation?.pendingAt
        let now = CountedNode(
            key: key, hour: at.map(RollupPlace.hour(of:)) ?? before?.hour ?? 0, status: node.status)
        try note(nodeOf: key, hour: now.hour, now.status, durationMs: change.end?.durationMs, times: 1)
        node.counted = StatusEntity.node.isFinal(node.status) ? nil : now
    }

    /// How the node is counted; a row that is not remembered so is asked. `nil` for a new one.
    private func counted(_ node: LiveNode, _ change: NodeChange) throws(StoreError) -> CountedNode? {
        if change.creation != nil || node.counted != nil { return node.counted }
        defer { nodeSelection.reset() }
        nodeSelection.bind(1, node.id)
        guard try nodeSelection.step(), let status = Status(name: nodeSelection.text(2)) else { return nil }
        return CountedNode(
            key: try keys.key(.nodes, nodeSelection.bytes(0), nodeSelection.bytes(1)),
            hour: RollupPlace.hour(of: nodeSelection.integer(3)), status: status)
    }

    /// After the generation's row was inserted.
    func note(_ generation: NewGeneration) throws(StoreError) {
        let content = generation.content
        let origin = generation.origin
        let name = origin.text(content.modelName).bytes
        try note(
            CountedCall(
                key: try keys.key(.models, name, origin.text(content.modelProvider)),
                nodeKey: try generation.node.flatMap { (node) throws(StoreError) in try key(of: node) },
                userID: generation.userID, at: generation.at, isFailed: content.errorMessage != nil,
                latencyMs: content.latencyMs, promptTokens: content.promptTokens,
                completionTokens: content.completionTokens, totalTokens: content.totalTokens),
            times: 1)
    }

    /// Of a node whose row is there.
    private func key(of node: LiveNode) throws(StoreError) -> Int64? {
        if let key = node.rollupKey { return key }
        defer { nodeSelection.reset() }
        nodeSelection.bind(1, node.id)
        guard try nodeSelection.step() else { return nil }
        node.rollupKey = try keys.key(.nodes, nodeSelection.bytes(0), nodeSelection.bytes(1))
        return node.rollupKey
    }

    /// A workflow that was running has ended.
    func note(
        endOf userID: Int64?, createdAt: Int64, as status: Status, completedAt: Int64
    ) throws(StoreError) {
        try note(workflowOf: userID, createdAt: createdAt, .running, completedAt: nil, times: -1)
        try note(workflowOf: userID, createdAt: createdAt, status, completedAt: completedAt, times: 1)
    }
}
