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
        case .user, .generation, .nodeSkip: return nil
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
            if let message = end.errorMessage, message.utf8.count > Self.shortMessageBytes { end.errorMessage = nil }
            return .nodeEnd(end)
        case .workflowEnd(var end):
            (end.userIntent, end.finalItinerary) = (nil, nil)
            return .workflowEnd(end)
        }
    }

    /// An error of that length says why a node failed, and is kept.
    private static var shortMessageBytes: Int { 256 }
}

extension NodeDescription where Text == String {
    fileprivate var withoutPayload: NodeDescription {
        NodeDescription(nodeName: nodeName, nodeType: nodeType, executionOrder: executionOrder)
    }
}
