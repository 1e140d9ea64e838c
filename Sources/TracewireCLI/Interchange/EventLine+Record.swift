internal import TracewireProtocol

extension EventLine {
    /// A record as the line that says the same.
    static func line(_ record: Record<String>) -> [UInt8] {
        var line = EventLine(record.event.kind)
        switch record.event {
        case .user(let user): line.append(user)
        case .workflowStart(let start): line.append(start)
        case .nodePending(let pending):
            line.append(node: pending.node, workflow: pending.workflow)
            line.append(pending.description)
        case .nodeStart(let start):
            line.append(node: start.node, workflow: start.workflow)
            line.append(start.description)
            line.lenientJSON(.inputData, start.inputData)
        case .nodeSkip(let skip): line.append(node: skip.node, workflow: skip.workflow)
        case .nodeEnd(let end): line.append(end)
        case .generation(let generation): line.append(generation)
        case .workflowEnd(let end): line.append(end)
        case .workflowShed(let shed): line.append(shed)
        }
        line.integer(.atMs, record.atMs)
        return line.ended()
    }

    private mutating func identifier(_ key: EventKey, _ value: Identifier) {
        guard value != .zero else { return }
        text(key, value.description)
    }

    /// A number that is no status is written as it is: the reader sees what was sent.
    private mutating func status(_ number: UInt32) {
        if let status = Status(rawValue: number) {
            text(.status, status.name)
        } else {
            integer(.status, Int64(number))
        }
    }

    /// A value that was refused because it is no JSON stands as a text: the line stays readable.
    private mutating func lenientJSON(_ key: EventKey, _ value: String?) {
        guard let value else { return }
        if JSONValidator.isValid(Array(value.utf8).span) { json(key, value) } else { text(key, value) }
    }

    private mutating func append(_ user: User<String>) {
        text(.username, user.username)
        text(.email, user.email)
    }

    private mutating func append(_ start: WorkflowStart<String>) {
        identifier(.workflow, start.workflow)
        text(.username, start.username)
        text(.name, start.name)
        text(.userInput, start.userInput)
        text(.inputType, start.inputType)
        lenientJSON(.timeSettings, start.timeSettings)
        lenientJSON(.dateTheme, start.dateTheme)
        lenientJSON(.userIntent, start.userIntent)
        integer(.searchRadius, start.searchRadius)
        lenientJSON(.tags, start.tags)
        lenientJSON(.metadata, start.metadata)
    }

    private mutating func append(node: Identifier, workflow: Identifier) {
        identifier(.workflow, workflow)
        identifier(.node, node)
    }

    private mutating func append(_ description: NodeDescription<String>) {
        text(.nodeName, description.nodeName)
        text(.nodeType, description.nodeType)
        integer(.executionOrder, description.executionOrder)
        lenientJSON(.tags, description.tags)
        lenientJSON(.metadata, description.metadata)
    }

    private mutating func append(_ end: NodeEnd<String>) {
        append(node: end.node, workflow: end.workflow)
        status(end.status)
        lenientJSON(.stateData, end.stateData)
        lenientJSON(.outputData, end.outputData)
        text(.errorMessage, end.errorMessage)
        text(.errorTraceback, end.errorTraceback)
        integer(.durationMs, end.durationMs)
    }

    private mutating func append(_ generation: Generation<String>) {
        identifier(.generation, generation.generation)
        identifier(.workflow, generation.workflow)
        identifier(.node, generation.node)
        text(.modelName, generation.modelName)
        text(.modelProvider, generation.modelProvider)
        text(.systemPrompt, generation.systemPrompt)
        text(.userPrompt, generation.userPrompt)
        text(.output, generation.output)
        lenientJSON(.parsedOutput, generation.parsedOutput)
        double(.temperature, generation.temperature)
        integer(.maxTokens, generation.maxTokens)
        integer(.promptTokens, generation.promptTokens)
        integer(.completionTokens, generation.completionTokens)
        integer(.totalTokens, generation.totalTokens)
        integer(.latencyMs, generation.latencyMs)
        text(.errorMessage, generation.errorMessage)
        lenientJSON(.metadata, generation.metadata)
    }

    private mutating func append(_ shed: WorkflowShed) {
        identifier(.workflow, shed.workflow)
        identifier(.source, shed.source)
        integer(.records, shed.records)
        integer(.payloads, shed.payloads)
    }

    private mutating func append(_ end: WorkflowEnd<String>) {
        identifier(.workflow, end.workflow)
        status(end.status)
        lenientJSON(.userIntent, end.userIntent)
        lenientJSON(.finalItinerary, end.finalItinerary)
    }
}
