import TracewireProtocol

// Written out by hand for each kind, so that a field which the codec mixes up with another shows.

extension Record {
    /// What the record says; `text` gives the string that a `Text` stands for.
    func meaning(_ text: (Text) -> String) -> Meaning {
        var meaning = Meaning()
        meaning.plain("at_ms", atMs)
        switch event {
        case .user(let user): user.describe(in: &meaning, text)
        case .workflowStart(let start): start.describe(in: &meaning, text)
        case .nodePending(let pending):
            meaning.object("node_pending")
            meaning.identifier("node_pending.node", pending.node)
            meaning.identifier("node_pending.workflow", pending.workflow)
            pending.description.describe(in: &meaning, "node_pending", text)
        case .nodeStart(let start):
            meaning.object("node_start")
            meaning.identifier("node_start.node", start.node)
            meaning.identifier("node_start.workflow", start.workflow)
            start.description.describe(in: &meaning, "node_start", text)
            meaning.text("node_start.input_data", start.inputData.map(text))
        case .nodeSkip(let skip):
            meaning.object("node_skip")
            meaning.identifier("node_skip.node", skip.node)
            meaning.identifier("node_skip.workflow", skip.workflow)
        case .nodeEnd(let end): end.describe(in: &meaning, text)
        case .generation(let generation): generation.describe(in: &meaning, text)
        case .workflowEnd(let end): end.describe(in: &meaning, text)
        case .workflowShed(let shed):
            meaning.object("workflow_shed")
            meaning.identifier("workflow_shed.workflow", shed.workflow)
            meaning.identifier("workflow_shed.source", shed.source)
            meaning.number("workflow_shed.records", shed.records)
            meaning.number("workflow_shed.payloads", shed.payloads)
        }
        return meaning
    }
}

extension User {
    fileprivate func describe(in meaning: inout Meaning, _ text: (Text) -> String) {
        meaning.object("user")
        meaning.identifier("user.user", id)
        meaning.text("user.username", username.map(text))
        meaning.text("user.email", email.map(text))
    }
}

extension WorkflowStart {
    fileprivate func describe(in meaning: inout Meaning, _ text: (Text) -> String) {
        let kind = "workflow_start"
        meaning.object(kind)
        meaning.identifier("\(kind).workflow", workflow)
        meaning.text("\(kind).username", username.map(text))
        meaning.text("\(kind).name", name.map(text))
        meaning.text("\(kind).user_input", userInput.map(text))
        meaning.text("\(kind).input_type", inputType.map(text))
        meaning.text("\(kind).time_settings", timeSettings.map(text))
        meaning.text("\(kind).date_theme", dateTheme.map(text))
        meaning.text("\(kind).user_intent", userIntent.map(text))
        meaning.number("\(kind).search_radius", searchRadius)
        meaning.text("\(kind).tags", tags.map(text))
        meaning.text("\(kind).metadata", metadata.map(text))
    }
}

extension NodeDescription {
    fileprivate func describe(in meaning: inout Meaning, _ kind: String, _ text: (Text) -> String) {
        meaning.text("\(kind).node_name", nodeName.map(text))
        meaning.text("\(kind).node_type", nodeType.map(text))
        meaning.number("\(kind).execution_order", executionOrder)
        meaning.text("\(kind).tags", tags.map(text))
        meaning.text("\(kind).metadata", metadata.map(text))
    }
}

extension NodeEnd {
    fileprivate func describe(in meaning: inout Meaning, _ text: (Text) -> String) {
        let kind = "node_end"
        meaning.object(kind)
        meaning.identifier("\(kind).node", node)
        meaning.identifier("\(kind).workflow", workflow)
        meaning.plain("\(kind).status", status)
        meaning.text("\(kind).state_data", stateData.map(text))
        meaning.text("\(kind).output_data", outputData.map(text))
        meaning.text("\(kind).error_message", errorMessage.map(text))
        meaning.text("\(kind).error_traceback", errorTraceback.map(text))
        meaning.number("\(kind).duration_ms", durationMs)
    }
}

extension Generation {
    fileprivate func describe(in meaning: inout Meaning, _ text: (Text) -> String) {
        let kind = "generation"
        meaning.object(kind)
        meaning.identifier("\(kind).generation", generation)
        meaning.identifier("\(kind).workflow", workflow)
        meaning.identifier("\(kind).node", node)
        meaning.text("\(kind).model_name", modelName.map(text))
        meaning.text("\(kind).model_provider", modelProvider.map(text))
        meaning.text("\(kind).system_prompt", systemPrompt.map(text))
        meaning.text("\(kind).user_prompt", userPrompt.map(text))
        meaning.text("\(kind).output", output.map(text))
        meaning.text("\(kind).parsed_output", parsedOutput.map(text))
        meaning.double("\(kind).temperature", temperature)
        meaning.number("\(kind).max_tokens", maxTokens)
        meaning.number("\(kind).prompt_tokens", promptTokens)
        meaning.number("\(kind).completion_tokens", completionTokens)
        meaning.number("\(kind).total_tokens", totalTokens)
        meaning.number("\(kind).latency_ms", latencyMs)
        meaning.text("\(kind).error_message", errorMessage.map(text))
        meaning.text("\(kind).metadata", metadata.map(text))
    }
}

extension WorkflowEnd {
    fileprivate func describe(in meaning: inout Meaning, _ text: (Text) -> String) {
        let kind = "workflow_end"
        meaning.object(kind)
        meaning.identifier("\(kind).workflow", workflow)
        meaning.plain("\(kind).status", status)
        meaning.text("\(kind).user_intent", userIntent.map(text))
        meaning.text("\(kind).final_itinerary", finalItinerary.map(text))
    }
}
