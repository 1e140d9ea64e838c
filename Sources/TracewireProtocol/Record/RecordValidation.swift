// What can be said of a record without a database: presence, ranges, UTF-8 and JSON. It runs on the event loops, so
// that the one writer does nothing that others could do for it.

extension Record where Text == Slice {
    /// Checks the record's values against `bytes`, in which its slices lie.
    ///
    /// - Throws: `missing_field`, `value_out_of_range`, `too_large`, `invalid_utf8`, `invalid_json` or `unknown_status`.
    public func validate(_ bytes: Span<UInt8>) throws(RecordFault) {
        let check = ValueCheck(bytes)
        try check.integer(atMs, "at_ms", 0...Limits.latestTime)
        switch event {
        case .user(let user):
            try check.name(user.username, "username", isRequired: true)
            try check.name(user.email, "email")
        case .workflowStart(let start): try check.workflowStart(start)
        case .nodePending(let pending):
            try check.node(pending.node, pending.workflow)
            try check.description(pending.description, isRequired: true)
        case .nodeStart(let start):
            try check.node(start.node, start.workflow)
            try check.description(start.description, isRequired: false)
            try check.json(start.inputData, "input_data")
        case .nodeSkip(let skip): try check.node(skip.node, skip.workflow)
        case .nodeEnd(let end): try check.nodeEnd(end)
        case .generation(let generation): try check.generation(generation)
        case .workflowEnd(let end):
            try check.identifier(end.workflow, "workflow")
            try check.status(end.status, of: .workflow, end.workflow)
            try check.json(end.userIntent, "user_intent")
            try check.json(end.finalItinerary, "final_itinerary")
        case .workflowShed(let shed):
            try check.identifier(shed.workflow, "workflow")
            try check.identifier(shed.source, "source")
            try check.count(shed.records, "records")
            try check.count(shed.payloads, "payloads")
        }
    }
}

/// The checks of single values. Sentences name the key, never the value.
private struct ValueCheck: ~Escapable {
    private let bytes: Span<UInt8>

    @_lifetime(copy bytes)
    init(_ bytes: Span<UInt8>) {
        self.bytes = bytes
    }

    func workflowStart(_ start: WorkflowStart<Slice>) throws(RecordFault) {
        try identifier(start.workflow, "workflow")
        try name(start.username, "username")
        try name(start.name, "name", isRequired: true)
        try text(start.userInput, "user_input")
        try name(start.inputType, "input_type", mayBeEmpty: true)
        try json(start.timeSettings, "time_settings")
        try json(start.dateTheme, "date_theme")
        try json(start.userIntent, "user_intent")
        try count(start.searchRadius, "search_radius")
        try json(start.tags, "tags")
        try json(start.metadata, "metadata")
    }

    func node(_ node: Identifier, _ workflow: Identifier) throws(RecordFault) {
        try identifier(node, "node")
        try identifier(workflow, "workflow")
    }

    func description(_ description: NodeDescription<Slice>, isRequired: Bool) throws(RecordFault) {
        try name(description.nodeName, "node_name", isRequired: isRequired)
        try name(description.nodeType, "node_type", isRequired: isRequired)
        if isRequired && description.executionOrder == nil { throw missing("execution_order") }
        if let order = description.executionOrder {
            try integer(order, "execution_order", 0...Limits.largestExecutionOrder)
        }
        try json(description.tags, "tags")
        try json(description.metadata, "metadata")
    }

    func nodeEnd(_ end: NodeEnd<Slice>) throws(RecordFault) {
        try node(end.node, end.workflow)
        try status(end.status, of: .node, end.node)
        try json(end.stateData, "state_data")
        try json(end.outputData, "output_data")
        try text(end.errorMessage, "error_message")
        try text(end.errorTraceback, "error_traceback")
        try count(end.durationMs, "duration_ms")
    }

    func generation(_ generation: Generation<Slice>) throws(RecordFault) {
        try identifier(generation.generation, "generation")
        try identifier(generation.workflow, "workflow")
        try name(generation.modelName, "model_name", isRequired: true)
        try name(generation.modelProvider, "model_provider", mayBeEmpty: true)
        try text(generation.systemPrompt, "system_prompt")
        try text(generation.userPrompt, "user_prompt")
        try text(generation.output, "output")
        try json(generation.parsedOutput, "parsed_output")
        if let temperature = generation.temperature, !temperature.isFinite {
            throw RecordFault(.valueOutOfRange, "temperature is not a finite number")
        }
        try count(generation.maxTokens, "max_tokens")
        try count(generation.promptTokens, "prompt_tokens")
        try count(generation.completionTokens, "completion_tokens")
        try count(generation.totalTokens, "total_tokens")
        try count(generation.latencyMs, "latency_ms")
        try text(generation.errorMessage, "error_message")
        try json(generation.metadata, "metadata")
    }

    func identifier(_ value: Identifier, _ key: String) throws(RecordFault) {
        guard value != .zero else { throw missing(key) }
    }

    func status(_ number: UInt32, of entity: StatusEntity, _ identity: Identifier) throws(RecordFault) {
        guard Status(rawValue: number) != nil else {
            let endings = Status.allCases.filter { entity.allows(from: .running, to: $0) }
            throw RecordFault(
                .unknownStatus,
                "\(entity.rawValue) \(identity) cannot end with status \(number), which does not exist: it may be "
                    + endings.map { "\($0.rawValue) (\($0.name))" }.joined(separator: ", "))
        }
    }

    func integer(_ value: Int64, _ key: String, _ range: ClosedRange<Int64>) throws(RecordFault) {
        guard range.contains(value) else {
            throw RecordFault(
                .valueOutOfRange, "\(key) is \(value), outside of \(range.lowerBound) to \(range.upperBound)")
        }
    }

    func count(_ value: Int64?, _ key: String) throws(RecordFault) {
        guard let value else { return }
        try integer(value, key, 0...Limits.largestInteger)
    }

    func name(
        _ slice: Slice?, _ key: String, isRequired: Bool = false, mayBeEmpty: Bool = false
    ) throws(RecordFault) {
        // An empty name names nothing: nobody could ever be found by it.
        if let slice, slice.count == 0, !mayBeEmpty { throw missing(key) }
        if isRequired, slice == nil { throw missing(key) }
        try text(slice, key, limit: Limits.nameBytes)
    }

    func text(_ slice: Slice?, _ key: String, limit: Int = Limits.valueBytes) throws(RecordFault) {
        guard let slice else { return }
        guard slice.count <= limit else {
            throw RecordFault(.tooLarge, "\(key) has \(slice.count) bytes, more than \(limit)")
        }
        guard UTF8Validator.isValid(bytes.extracting(slice.range)) else {
            throw RecordFault(.invalidUTF8, "\(key) is not UTF-8")
        }
    }

    func json(_ slice: Slice?, _ key: String) throws(RecordFault) {
        guard let slice else { return }
        try text(slice, key)
        guard JSONValidator.isValid(bytes.extracting(slice.range)) else {
            throw RecordFault(.invalidJSON, "\(key) is not one JSON value of at most \(Limits.jsonDepth) levels")
        }
    }

    private func missing(_ key: String) -> RecordFault {
        RecordFault(.missingField, "\(key) is required")
    }
}
