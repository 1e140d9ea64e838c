internal import TracewireProtocol

extension Record where Text == String {
    /// The same without what it carries: that it happened, when, and how it ended. `nil` for what is not about the life of
    /// a workflow or node, or carries nothing.
    var withoutPayload: Record? {
        guard let bare = event.withoutPayload, bare != event else { return nil }
        return Record(atMs: atMs, event: bare)
    }
}

extension Event where Text == String {
    fileprivate var withoutPayload: Event? {
        switch self {
        case .user, .nodeSkip, .workflowShed: return nil
        case .generation(let generation): return .generation(generation.withoutPayload)
        case .workflowStart(var start):
            (start.userInput, start.userIntent, start.timeSettings, start.dateTheme) = (nil, nil, nil, nil)
            (start.tags, start.metadata) = (nil, nil)
            return .workflowStart(start)
        case .nodePending(var pending):
            pending.description = pending.description.withoutPayload
            return .nodePending(pending)
        case .nodeStart(var start):
            start.description = start.description.withoutPayload
            start.inputData = nil
            return .nodeStart(start)
        case .nodeEnd(var end):
            (end.stateData, end.outputData, end.errorTraceback) = (nil, nil, nil)
            end.errorMessage = end.errorMessage?.shortened
            return .nodeEnd(end)
        case .workflowEnd(var end):
            (end.userIntent, end.finalItinerary) = (nil, nil)
            return .workflowEnd(end)
        }
    }
}

extension Generation where Text == String {
    fileprivate var withoutPayload: Generation {
        var bare = self
        (bare.systemPrompt, bare.userPrompt, bare.output, bare.parsedOutput, bare.metadata) = (nil, nil, nil, nil, nil)
        bare.errorMessage = errorMessage?.shortened
        return bare
    }
}

extension NodeDescription where Text == String {
    fileprivate var withoutPayload: NodeDescription {
        NodeDescription(nodeName: nodeName, nodeType: nodeType, executionOrder: executionOrder)
    }
}

extension String {
    /// Why something failed is kept, as far as a few words say it.
    fileprivate var shortened: String {
        let limit = 256
        return utf8.count > limit ? prefix(bytes: limit - 3) + "…" : self
    }
}
