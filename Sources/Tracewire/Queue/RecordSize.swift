internal import TracewireProtocol

extension Record where Text == String {
    /// Never less than the bytes that the record has in a batch: the texts, and more than enough for everything else.
    var largestEncodedSize: Int { 512 + event.textBytes }
}

extension Event where Text == String {
    fileprivate var textBytes: Int {
        switch self {
        case .user(let user): user.username.bytes + user.email.bytes
        case .workflowStart(let start): start.textBytes
        case .nodePending(let pending): pending.description.textBytes
        case .nodeStart(let start): start.textBytes
        case .nodeSkip, .workflowShed: 0
        case .nodeEnd(let end): end.textBytes
        case .generation(let generation): generation.textBytes
        case .workflowEnd(let end): end.userIntent.bytes + end.finalItinerary.bytes
        }
    }
}

extension String? {
    fileprivate var bytes: Int { self?.utf8.count ?? 0 }
}

extension NodeDescription where Text == String {
    fileprivate var textBytes: Int { nodeName.bytes + nodeType.bytes + tags.bytes + metadata.bytes }
}

extension NodeStart where Text == String {
    var textBytes: Int { description.textBytes + inputData.bytes }
}

extension NodeEnd where Text == String {
    var textBytes: Int { stateData.bytes + outputData.bytes + errorMessage.bytes + errorTraceback.bytes }
}

extension WorkflowStart where Text == String {
    fileprivate var textBytes: Int {
        let names = username.bytes + name.bytes + inputType.bytes + userInput.bytes
        let values = timeSettings.bytes + dateTheme.bytes + userIntent.bytes
        return names + values + tags.bytes + metadata.bytes
    }
}

extension Generation where Text == String {
    fileprivate var textBytes: Int {
        let prompts = systemPrompt.bytes + userPrompt.bytes + output.bytes + parsedOutput.bytes
        return modelName.bytes + modelProvider.bytes + prompts + errorMessage.bytes + metadata.bytes
    }
}
