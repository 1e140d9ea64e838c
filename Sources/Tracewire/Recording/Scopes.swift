internal import TracewireProtocol

extension WorkflowHandle {
    /// Runs `body` as a node of this workflow. It ends as `body` does: `completed` when it returns, `failed` with the
    /// error's description and type when it throws, unless `body` has ended it itself.
    ///
    /// - Parameters:
    ///   - name: what the reports group by; at most 1,024 bytes, as is `type`.
    ///   - input: what the node was given.
    ///   - file: with `line`, what a traceback names.
    @discardableResult
    public func withNode<Result>(
        _ name: String, type: String, input: JSONText? = nil, tags: JSONText? = nil, metadata: JSONText? = nil,
        file: StaticString = #fileID, line: UInt = #line, isolation: isolated (any Actor)? = #isolation,
        _ body: (NodeHandle) async throws -> Result
    ) async rethrows -> Result {
        let node = startNode(name, type: type, input: input, tags: tags, metadata: metadata)
        do {
            let result = try await node.asCurrent { try await body(node) }
            node.endScope { node.end(.completed) }
            return result
        } catch {
            node.endScope { node.fail(error, file, line) }
            throw error
        }
    }

    /// Runs `body` as a call of a model outside of any node. It is recorded when `body` ends, with the time it took, and
    /// the error's description if it throws.
    @discardableResult
    public func withGeneration<Result>(
        model: String, provider: String? = nil, systemPrompt: String? = nil, userPrompt: String? = nil,
        temperature: Double? = nil, maxTokens: Int64? = nil, isolation: isolated (any Actor)? = #isolation,
        _ body: (GenerationHandle) async throws -> Result
    ) async rethrows -> Result {
        let asked = Generation.asked(model, provider, systemPrompt, userPrompt, temperature, maxTokens)
        return try await GenerationHandle(asked, isRecording: isRecording).run(body) { _ = recordGeneration($0) }
    }
}

extension NodeHandle {
    /// Runs `body` as a call of a model in this node. It is recorded when `body` ends, with the time it took, and the
    /// error's description if it throws.
    @discardableResult
    public func withGeneration<Result>(
        model: String, provider: String? = nil, systemPrompt: String? = nil, userPrompt: String? = nil,
        temperature: Double? = nil, maxTokens: Int64? = nil, isolation: isolated (any Actor)? = #isolation,
        _ body: (GenerationHandle) async throws -> Result
    ) async rethrows -> Result {
        let asked = Generation.asked(model, provider, systemPrompt, userPrompt, temperature, maxTokens)
        return try await GenerationHandle(asked, isRecording: isRecording).run(body) { _ = recordGeneration($0) }
    }

    /// Swift's errors carry no stack: the traceback says what was thrown, and out of which scope.
    func fail(_ error: any Error, _ file: StaticString, _ line: UInt) {
        let description = String(describing: error)
        end(
            .failed, errorMessage: description,
            errorTraceback: "\(String(reflecting: type(of: error))): \(description)\n  in a node at \(file):\(line)")
    }
}

extension GenerationHandle {
    fileprivate func run<Result>(
        isolation: isolated (any Actor)? = #isolation, _ body: (GenerationHandle) async throws -> Result,
        record: (Generation<String>) -> Void
    ) async rethrows -> Result {
        do {
            let result = try await body(self)
            record(finished(error: nil))
            return result
        } catch {
            record(finished(error: error))
            throw error
        }
    }
}

extension Generation where Text == String {
    fileprivate static func asked(
        _ model: String, _ provider: String?, _ systemPrompt: String?, _ userPrompt: String?, _ temperature: Double?,
        _ maxTokens: Int64?
    ) -> Generation<String> {
        var generation = Generation<String>()
        generation.modelName = model
        generation.modelProvider = provider
        generation.systemPrompt = systemPrompt
        generation.userPrompt = userPrompt
        generation.temperature = temperature
        generation.maxTokens = maxTokens
        return generation
    }
}
