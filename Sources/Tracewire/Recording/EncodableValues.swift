// Values of one's own types in place of JSON. They are encoded at once, on the thread that says them, and not at all where
// nothing is recorded. What cannot be encoded leaves a mark in its place (``JSONText/encoding(_:)``).
//
// Disfavoured, so that a literal is the JSON that it looks like, its keys in their order.

extension WorkflowHandle {
    /// What was understood of the user's wish; recorded when the workflow ends.
    @_disfavoredOverload
    public func setUserIntent(_ intent: some Encodable) {
        if isRecording { setUserIntent(JSONText.encoding(intent)) }
    }

    /// What came out in the end; recorded when the workflow ends.
    @_disfavoredOverload
    public func setFinalItinerary(_ itinerary: some Encodable) {
        if isRecording { setFinalItinerary(JSONText.encoding(itinerary)) }
    }

    /// ``startNode(_:type:input:executionOrder:tags:metadata:)`` with an input of one's own type.
    @_disfavoredOverload
    public func startNode(
        _ name: String, type: String, input: some Encodable, executionOrder: Int64? = nil, tags: JSONText? = nil,
        metadata: JSONText? = nil
    ) -> NodeHandle {
        startNode(
            name, type: type, input: isRecording ? JSONText.encoding(input) : nil, executionOrder: executionOrder,
            tags: tags, metadata: metadata)
    }

    /// ``withNode(_:type:input:tags:metadata:file:line:isolation:_:)`` with an input of one's own type.
    @_disfavoredOverload
    @discardableResult
    public func withNode<Result>(
        _ name: String, type: String, input: some Encodable, tags: JSONText? = nil, metadata: JSONText? = nil,
        file: StaticString = #fileID, line: UInt = #line, isolation: isolated (any Actor)? = #isolation,
        _ body: (NodeHandle) async throws -> Result
    ) async rethrows -> Result {
        try await withNode(
            name, type: type, input: isRecording ? JSONText.encoding(input) : nil, tags: tags, metadata: metadata,
            file: file, line: line, body)
    }
}

extension NodeHandle {
    /// A pending node runs now.
    @_disfavoredOverload
    @discardableResult
    public func start(input: some Encodable) -> RecordingOutcome {
        start(input: isRecording ? JSONText.encoding(input) : nil)
    }

    /// The workflow's whole state after the node; recorded when the node ends.
    @_disfavoredOverload
    public func setState(_ state: some Encodable) {
        if isRecording { setState(JSONText.encoding(state)) }
    }

    /// What the node made; recorded when it ends.
    @_disfavoredOverload
    public func setOutput(_ output: some Encodable) {
        if isRecording { setOutput(JSONText.encoding(output)) }
    }
}

extension GenerationHandle {
    /// What was read out of what the model said.
    @_disfavoredOverload
    public func setParsedOutput(_ output: some Encodable) {
        if isRecording { setParsedOutput(JSONText.encoding(output)) }
    }

    @_disfavoredOverload
    public func setMetadata(_ metadata: some Encodable) {
        if isRecording { setMetadata(JSONText.encoding(metadata)) }
    }
}

/// ``withNode(_:type:input:tags:metadata:file:line:isolation:_:)`` with an input of one's own type.
@_disfavoredOverload
@discardableResult
public func withNode<Result>(
    _ name: String, type: String, input: some Encodable, tags: JSONText? = nil, metadata: JSONText? = nil,
    file: StaticString = #fileID, line: UInt = #line, isolation: isolated (any Actor)? = #isolation,
    _ body: (NodeHandle) async throws -> Result
) async rethrows -> Result {
    try await WorkflowHandle.currentOrSilent.withNode(
        name, type: type, input: input, tags: tags, metadata: metadata, file: file, line: line, body)
}
