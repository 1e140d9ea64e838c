extension WireWriter {
    /// Appends `record` as an entry of `Batch.records`: a batch is the concatenation of such entries.
    public mutating func appendBatchEntry(_ record: Record<String>) {
        message(1) { $0.record(record) }
    }

    /// Appends an entry of `Batch.records` that was encoded before: what cuts a batch anew need not read its records.
    public mutating func appendBatchEntry(encoded entry: Span<UInt8>) {
        write(entry)
    }

    /// Appends `record` alone, as `rejected_records` and `parked_records` keep it.
    public mutating func append(_ record: Record<String>) {
        self.record(record)
    }
}

extension WireSink {
    mutating func record(_ record: Record<String>) {
        signed(1, record.atMs)
        switch record.event {
        case .user(let user): message(2) { $0.append(user) }
        case .workflowStart(let start): message(3) { $0.append(start) }
        case .nodePending(let pending): message(4) { $0.append(pending) }
        case .nodeStart(let start): message(5) { $0.append(start) }
        case .nodeSkip(let skip): message(6) { $0.append(skip) }
        case .nodeEnd(let end): message(7) { $0.append(end) }
        case .generation(let generation): message(8) { $0.append(generation) }
        case .workflowEnd(let end): message(9) { $0.append(end) }
        case .workflowShed(let shed): message(10) { $0.append(shed) }
        }
    }

    private mutating func append(_ user: User<String>) {
        identifier(1, user.id)
        optional(2, user.username)
        optional(3, user.email)
    }

    private mutating func append(_ start: WorkflowStart<String>) {
        identifier(1, start.workflow)
        optional(2, start.username)
        optional(3, start.name)
        optional(4, start.userInput)
        optional(5, start.inputType)
        optional(6, start.timeSettings)
        optional(7, start.dateTheme)
        optional(8, start.userIntent)
        optional(9, start.searchRadius)
        optional(10, start.tags)
        optional(11, start.metadata)
    }

    private mutating func append(_ description: NodeDescription<String>) {
        optional(3, description.nodeName)
        optional(4, description.nodeType)
        optional(5, description.executionOrder)
        optional(6, description.tags)
        optional(7, description.metadata)
    }

    private mutating func append(_ pending: NodePending<String>) {
        identifier(1, pending.node)
        identifier(2, pending.workflow)
        append(pending.description)
    }

    private mutating func append(_ start: NodeStart<String>) {
        identifier(1, start.node)
        identifier(2, start.workflow)
        append(start.description)
        optional(8, start.inputData)
    }

    private mutating func append(_ shed: WorkflowShed) {
        identifier(1, shed.workflow)
        identifier(2, shed.source)
        optional(3, shed.records)
        optional(4, shed.payloads)
    }

    private mutating func append(_ skip: NodeSkip) {
        identifier(1, skip.node)
        identifier(2, skip.workflow)
    }

    private mutating func append(_ end: NodeEnd<String>) {
        identifier(1, end.node)
        identifier(2, end.workflow)
        unsigned(3, UInt64(end.status))
        optional(4, end.stateData)
        optional(5, end.outputData)
        optional(6, end.errorMessage)
        optional(7, end.errorTraceback)
        optional(8, end.durationMs)
    }

    private mutating func append(_ generation: Generation<String>) {
        identifier(1, generation.generation)
        identifier(2, generation.workflow)
        identifier(3, generation.node)
        optional(4, generation.modelName)
        optional(5, generation.modelProvider)
        optional(6, generation.systemPrompt)
        optional(7, generation.userPrompt)
        optional(8, generation.output)
        optional(9, generation.parsedOutput)
        optional(10, generation.temperature)
        optional(11, generation.maxTokens)
        optional(12, generation.promptTokens)
        optional(13, generation.completionTokens)
        optional(14, generation.totalTokens)
        optional(15, generation.latencyMs)
        optional(16, generation.errorMessage)
        optional(17, generation.metadata)
    }

    private mutating func append(_ end: WorkflowEnd<String>) {
        identifier(1, end.workflow)
        unsigned(2, UInt64(end.status))
        optional(3, end.userIntent)
        optional(4, end.finalItinerary)
    }
}
