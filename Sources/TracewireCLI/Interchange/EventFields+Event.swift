internal import TracewireProtocol

extension EventFields {
    /// The event of that kind that the fields say.
    mutating func event(_ kind: EventKind, _ line: Span<UInt8>) throws(LineFault) -> Event<String> {
        switch kind {
        case .user: .user(try user(line))
        case .workflowStart: .workflowStart(try workflowStart(line))
        case .nodePending: .nodePending(try nodePending(line))
        case .nodeStart: .nodeStart(try nodeStart(line))
        case .nodeSkip: .nodeSkip(try nodeSkip(line))
        case .nodeEnd: .nodeEnd(try nodeEnd(line))
        case .generation: .generation(try generation(line))
        case .workflowEnd: .workflowEnd(try workflowEnd(line))
        case .workflowShed: .workflowShed(try workflowShed(line))
        }
    }

    private mutating func user(_ line: Span<UInt8>) throws(LineFault) -> User<String> {
        User(username: try text(.username, line), email: try text(.email, line))
    }

    private mutating func workflowStart(_ line: Span<UInt8>) throws(LineFault) -> WorkflowStart<String> {
        var start = WorkflowStart<String>()
        start.workflow = try identifier(.workflow, line)
        start.username = try text(.username, line)
        start.name = try text(.name, line)
        start.userInput = try text(.userInput, line)
        start.inputType = try text(.inputType, line)
        start.timeSettings = try json(.timeSettings, line)
        start.dateTheme = try json(.dateTheme, line)
        start.userIntent = try json(.userIntent, line)
        start.searchRadius = try integer(.searchRadius, line)
        start.tags = try json(.tags, line)
        start.metadata = try json(.metadata, line)
        return start
    }

    private mutating func nodeDescription(_ line: Span<UInt8>) throws(LineFault) -> NodeDescription<String> {
        NodeDescription(
            nodeName: try text(.nodeName, line), nodeType: try text(.nodeType, line),
            executionOrder: try integer(.executionOrder, line), tags: try json(.tags, line),
            metadata: try json(.metadata, line))
    }

    private mutating func nodePending(_ line: Span<UInt8>) throws(LineFault) -> NodePending<String> {
        var pending = NodePending<String>()
        pending.node = try identifier(.node, line)
        pending.workflow = try identifier(.workflow, line)
        pending.description = try nodeDescription(line)
        return pending
    }

    private mutating func nodeStart(_ line: Span<UInt8>) throws(LineFault) -> NodeStart<String> {
        var start = NodeStart<String>()
        start.node = try identifier(.node, line)
        start.workflow = try identifier(.workflow, line)
        start.description = try nodeDescription(line)
        start.inputData = try json(.inputData, line)
        return start
    }

    private mutating func nodeSkip(_ line: Span<UInt8>) throws(LineFault) -> NodeSkip {
        NodeSkip(node: try identifier(.node, line), workflow: try identifier(.workflow, line))
    }

    private mutating func nodeEnd(_ line: Span<UInt8>) throws(LineFault) -> NodeEnd<String> {
        var end = NodeEnd<String>()
        end.node = try identifier(.node, line)
        end.workflow = try identifier(.workflow, line)
        end.status = try status(of: .node, end.node, line)
        end.stateData = try json(.stateData, line)
        end.outputData = try json(.outputData, line)
        end.errorMessage = try text(.errorMessage, line)
        end.errorTraceback = try text(.errorTraceback, line)
        end.durationMs = try integer(.durationMs, line)
        return end
    }

    private mutating func generation(_ line: Span<UInt8>) throws(LineFault) -> Generation<String> {
        var generation = Generation<String>()
        generation.generation = try identifier(.generation, line)
        generation.workflow = try identifier(.workflow, line)
        generation.node = try identifier(.node, line)
        generation.modelName = try text(.modelName, line)
        generation.modelProvider = try text(.modelProvider, line)
        generation.systemPrompt = try text(.systemPrompt, line)
        generation.userPrompt = try text(.userPrompt, line)
        generation.output = try text(.output, line)
        generation.parsedOutput = try json(.parsedOutput, line)
        generation.temperature = try double(.temperature, line)
        generation.maxTokens = try integer(.maxTokens, line)
        generation.promptTokens = try integer(.promptTokens, line)
        generation.completionTokens = try integer(.completionTokens, line)
        generation.totalTokens = try integer(.totalTokens, line)
        generation.latencyMs = try integer(.latencyMs, line)
        generation.errorMessage = try text(.errorMessage, line)
        generation.metadata = try json(.metadata, line)
        return generation
    }

    private mutating func workflowShed(_ line: Span<UInt8>) throws(LineFault) -> WorkflowShed {
        WorkflowShed(
            workflow: try identifier(.workflow, line), source: try identifier(.source, line),
            records: try integer(.records, line), payloads: try integer(.payloads, line))
    }

    private mutating func workflowEnd(_ line: Span<UInt8>) throws(LineFault) -> WorkflowEnd<String> {
        var end = WorkflowEnd<String>()
        end.workflow = try identifier(.workflow, line)
        end.status = try status(of: .workflow, end.workflow, line)
        end.userIntent = try json(.userIntent, line)
        end.finalItinerary = try json(.finalItinerary, line)
        return end
    }
}
