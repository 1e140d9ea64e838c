/// Runs `body` as a node of the workflow in whose scope the task is, so that code deep inside needs no handle. Outside
/// of any workflow `body` runs with a handle that records nothing.
///
/// - Parameters: those of ``WorkflowHandle/withNode(_:type:input:tags:metadata:file:line:isolation:_:)``.
@discardableResult
public func withNode<Result>(
    _ name: String, type: String, input: JSONText? = nil, tags: JSONText? = nil, metadata: JSONText? = nil,
    file: StaticString = #fileID, line: UInt = #line, isolation: isolated (any Actor)? = #isolation,
    _ body: (NodeHandle) async throws -> Result
) async rethrows -> Result {
    return try await WorkflowHandle.currentOrSilent.withNode(
        name, type: type, input: input, tags: tags, metadata: metadata, file: file, line: line, body)
}

/// Runs `body` as a call of a model in the node, or else the workflow, in whose scope the task is. Outside of both
/// `body` runs with a handle that records nothing.
///
/// - Parameters: those of ``NodeHandle/withGeneration(model:provider:systemPrompt:userPrompt:temperature:maxTokens:isolation:_:)``.
@discardableResult
public func withGeneration<Result>(
    model: String, provider: String? = nil, systemPrompt: String? = nil, userPrompt: String? = nil,
    temperature: Double? = nil, maxTokens: Int64? = nil, isolation: isolated (any Actor)? = #isolation,
    _ body: (GenerationHandle) async throws -> Result
) async rethrows -> Result {
    if let node = NodeHandle.current {
        return try await node.withGeneration(
            model: model, provider: provider, systemPrompt: systemPrompt, userPrompt: userPrompt,
            temperature: temperature, maxTokens: maxTokens, body)
    }
    return try await WorkflowHandle.currentOrSilent.withGeneration(
        model: model, provider: provider, systemPrompt: systemPrompt, userPrompt: userPrompt, temperature: temperature,
        maxTokens: maxTokens, body)
}

// For code that structured concurrency does not lead to: a detached task, a callback on another thread.
extension WorkflowHandle {
    /// Runs `body` with this workflow as ``current``, and no node.
    public func asCurrent<Result>(
        isolation: isolated (any Actor)? = #isolation, _ body: () async throws -> Result
    ) async rethrows -> Result {
        try await NodeHandle.$current.withValue(nil) { try await Self.$current.withValue(self) { try await body() } }
    }

    /// The same for what does not wait, on any thread.
    public func asCurrent<Result>(_ body: () throws -> Result) rethrows -> Result {
        try NodeHandle.$current.withValue(nil) { try Self.$current.withValue(self) { try body() } }
    }
}

extension NodeHandle {
    /// Runs `body` with this node as ``current``, and its workflow as that of the task.
    public func asCurrent<Result>(
        isolation: isolated (any Actor)? = #isolation, _ body: () async throws -> Result
    ) async rethrows -> Result {
        try await WorkflowHandle.$current.withValue(workflow) {
            try await Self.$current.withValue(self) { try await body() }
        }
    }

    /// The same for what does not wait, on any thread.
    public func asCurrent<Result>(_ body: () throws -> Result) rethrows -> Result {
        try WorkflowHandle.$current.withValue(workflow) { try Self.$current.withValue(self) { try body() } }
    }
}
