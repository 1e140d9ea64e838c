internal import TracewireProtocol

/// What is done to values before anything of them is written: they are masked, and cut where they are too large. What is
/// left out leaves a mark in its place.
struct PayloadPolicy: Sendable {
    let mask: (@Sendable (PayloadField, String) -> String?)?
    /// Bytes of one value.
    let limit: Int
    /// Bytes that stand behind a value that was cut, at most.
    static let longestMark = 128

    private func value(_ field: PayloadField, _ value: String?) -> String? {
        guard let value else { return nil }
        guard let mask else { return limited(field, value) }
        guard let masked = mask(field, value) else { return nil }
        // The hook's answer is not believed to be JSON, and never is what it was to hide.
        if field.isJSON, masked != value, JSONText(validating: masked) == nil {
            return "\"[tracewire: the masked value is no JSON]\""
        }
        return limited(field, masked)
    }

    private func limited(_ field: PayloadField, _ value: String) -> String {
        let bytes = value.utf8.count
        guard bytes > limit else { return value }
        if field.isJSON { return "\"[tracewire: left out, \(bytes) bytes, more than \(limit)]\"" }
        return value.prefix(bytes: limit) + "[tracewire: cut, \(bytes) bytes, more than \(limit)]"
    }
}

extension PayloadPolicy {
    /// Whether values of so many bytes in all are recorded as they are: asked first, since most are.
    private func leaves(_ bytes: Int) -> Bool { mask == nil && bytes <= limit }

    func apply(_ record: Record<String>) -> Record<String> {
        leaves(record.largestEncodedSize) ? record : Record(atMs: record.atMs, event: apply(record.event))
    }

    private func apply(_ event: Event<String>) -> Event<String> {
        switch event {
        case .user, .nodeSkip, .workflowShed: event
        case .workflowStart(let start): .workflowStart(apply(start))
        case .nodePending(let pending): .nodePending(apply(pending))
        case .nodeStart(let start): .nodeStart(apply(start))
        case .nodeEnd(let end): .nodeEnd(apply(end))
        case .generation(let generation): .generation(apply(generation))
        case .workflowEnd(let end): .workflowEnd(apply(end))
        }
    }

    func apply(_ start: WorkflowStart<String>) -> WorkflowStart<String> {
        var start = start
        start.userInput = value(.userInput, start.userInput)
        start.timeSettings = value(.timeSettings, start.timeSettings)
        start.dateTheme = value(.dateTheme, start.dateTheme)
        start.userIntent = value(.userIntent, start.userIntent)
        start.tags = value(.tags, start.tags)
        start.metadata = value(.metadata, start.metadata)
        return start
    }

    func apply(_ description: NodeDescription<String>) -> NodeDescription<String> {
        var description = description
        description.tags = value(.tags, description.tags)
        description.metadata = value(.metadata, description.metadata)
        return description
    }

    private func apply(_ pending: NodePending<String>) -> NodePending<String> {
        var pending = pending
        pending.description = apply(pending.description)
        return pending
    }

    func apply(_ start: NodeStart<String>) -> NodeStart<String> {
        if leaves(start.textBytes) { return start }
        var start = start
        start.description = apply(start.description)
        start.inputData = value(.inputData, start.inputData)
        return start
    }

    func apply(_ end: NodeEnd<String>) -> NodeEnd<String> {
        if leaves(end.textBytes) { return end }
        var end = end
        end.stateData = value(.stateData, end.stateData)
        end.outputData = value(.outputData, end.outputData)
        end.errorMessage = value(.errorMessage, end.errorMessage)
        end.errorTraceback = value(.errorTraceback, end.errorTraceback)
        return end
    }

    private func apply(_ generation: Generation<String>) -> Generation<String> {
        var generation = generation
        generation.systemPrompt = value(.systemPrompt, generation.systemPrompt)
        generation.userPrompt = value(.userPrompt, generation.userPrompt)
        generation.output = value(.output, generation.output)
        generation.parsedOutput = value(.parsedOutput, generation.parsedOutput)
        generation.errorMessage = value(.errorMessage, generation.errorMessage)
        generation.metadata = value(.metadata, generation.metadata)
        return generation
    }

    func apply(_ end: WorkflowEnd<String>) -> WorkflowEnd<String> {
        var end = end
        end.userIntent = value(.userIntent, end.userIntent)
        end.finalItinerary = value(.finalItinerary, end.finalItinerary)
        return end
    }
}

extension String {
    /// As many whole characters of the text's start as have at most so many bytes.
    func prefix(bytes limit: Int) -> String {
        guard utf8.count > limit else { return self }
        var end = utf8.index(utf8.startIndex, offsetBy: limit)
        while end > startIndex, end.samePosition(in: unicodeScalars) == nil { end = utf8.index(before: end) }
        return String(self[..<end])
    }
}
