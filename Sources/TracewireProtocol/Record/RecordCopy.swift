// Copies of records that were read in place: every slice becomes the text that it stands for.

extension Record where Text == Slice {
    /// A copy that does not need `bytes` any more. What is not UTF-8 is replaced by `�`.
    package func copied(from bytes: [UInt8]) -> Record<String> {
        let copier = TextCopier(bytes: bytes)
        let event: Event<String> =
            switch self.event {
            case .user(let user): .user(copier.copy(user))
            case .workflowStart(let start): .workflowStart(copier.copy(start))
            case .nodePending(let pending): .nodePending(copier.copy(pending))
            case .nodeStart(let start): .nodeStart(copier.copy(start))
            case .nodeSkip(let skip): .nodeSkip(skip)
            case .nodeEnd(let end): .nodeEnd(copier.copy(end))
            case .generation(let generation): .generation(copier.copy(generation))
            case .workflowEnd(let end): .workflowEnd(copier.copy(end))
            case .workflowShed(let shed): .workflowShed(shed)
            }
        return Record<String>(atMs: atMs, event: event)
    }
}

private struct TextCopier {
    let bytes: [UInt8]

    private func text(_ slice: Slice?) -> String? {
        slice.map { String(decoding: bytes[$0.range], as: UTF8.self) }
    }

    func copy(_ user: User<Slice>) -> User<String> {
        User(id: user.id, username: text(user.username), email: text(user.email))
    }

    private func copy(_ description: NodeDescription<Slice>) -> NodeDescription<String> {
        NodeDescription(
            nodeName: text(description.nodeName), nodeType: text(description.nodeType),
            executionOrder: description.executionOrder, tags: text(description.tags),
            metadata: text(description.metadata))
    }

    func copy(_ start: WorkflowStart<Slice>) -> WorkflowStart<String> {
        var copy = WorkflowStart<String>()
        copy.workflow = start.workflow
        copy.searchRadius = start.searchRadius
        copy.username = text(start.username)
        copy.name = text(start.name)
        copy.userInput = text(start.userInput)
        copy.inputType = text(start.inputType)
        copy.timeSettings = text(start.timeSettings)
        copy.dateTheme = text(start.dateTheme)
        copy.userIntent = text(start.userIntent)
        copy.tags = text(start.tags)
        copy.metadata = text(start.metadata)
        return copy
    }

    func copy(_ pending: NodePending<Slice>) -> NodePending<String> {
        var copy = NodePending<String>()
        copy.node = pending.node
        copy.workflow = pending.workflow
        copy.description = self.copy(pending.description)
        return copy
    }

    func copy(_ start: NodeStart<Slice>) -> NodeStart<String> {
        var copy = NodeStart<String>()
        copy.node = start.node
        copy.workflow = start.workflow
        copy.description = self.copy(start.description)
        copy.inputData = text(start.inputData)
        return copy
    }

    func copy(_ end: NodeEnd<Slice>) -> NodeEnd<String> {
        var copy = NodeEnd<String>()
        copy.node = end.node
        copy.workflow = end.workflow
        copy.status = end.status
        copy.durationMs = end.durationMs
        copy.stateData = text(end.stateData)
        copy.outputData = text(end.outputData)
        copy.errorMessage = text(end.errorMessage)
        copy.errorTraceback = text(end.errorTraceback)
        return copy
    }

    func copy(_ generation: Generation<Slice>) -> Generation<String> {
        var copy = Generation<String>()
        copy.generation = generation.generation
        copy.workflow = generation.workflow
        copy.node = generation.node
        copy.temperature = generation.temperature
        copy.maxTokens = generation.maxTokens
        copy.promptTokens = generation.promptTokens
        copy.completionTokens = generation.completionTokens
        copy.totalTokens = generation.totalTokens
        copy.latencyMs = generation.latencyMs
        copy.modelName = text(generation.modelName)
        copy.modelProvider = text(generation.modelProvider)
        copy.systemPrompt = text(generation.systemPrompt)
        copy.userPrompt = text(generation.userPrompt)
        copy.output = text(generation.output)
        copy.parsedOutput = text(generation.parsedOutput)
        copy.errorMessage = text(generation.errorMessage)
        copy.metadata = text(generation.metadata)
        return copy
    }

    func copy(_ end: WorkflowEnd<Slice>) -> WorkflowEnd<String> {
        var copy = WorkflowEnd<String>()
        copy.workflow = end.workflow
        copy.status = end.status
        copy.userIntent = text(end.userIntent)
        copy.finalItinerary = text(end.finalItinerary)
        return copy
    }
}
