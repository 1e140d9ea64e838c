internal import TracewireProtocol

/// A run as a trace: its workflow is the root, its nodes and generations are the spans below it.
struct OTLPTrace {
    private let name: String
    private let uuid: Identifier
    private let root: SpanIdentifier
    private let startMs: Int64
    /// Where spans end that have not ended, for want of a better time: a span has to have an end.
    private let endMs: Int64
    /// By the `id` of the node.
    private var nodes: [Int64: SpanIdentifier] = [:]

    /// - Parameters:
    ///   - workflow: its row; `nil` comes of one without a UUID.
    ///   - lastMs: the last time that the run is known to have got to, of one that goes on.
    init?(_ workflow: AnswerRow, lastMs: Int64?) {
        guard let uuid = workflow.text("uuid").flatMap(Identifier.init) else { return nil }
        self.uuid = uuid
        name = workflow.text("name") ?? ""
        root = SpanIdentifier(.workflow, uuid)
        startMs = workflow.integer("created_at") ?? 0
        endMs = workflow.integer("completed_at") ?? lastMs ?? startMs
    }

    /// The name of the trace: the workflow's UUID without its hyphens.
    private var trace: String { uuid.description.filter { $0 != "-" } }

    /// What stands before the spans in a line: the resource, and whose spans they are.
    var head: [UInt8] {
        var resource = OTLPAttributes()
        resource.text("service.name", name)
        return Array("{\"resourceSpans\":[{\"resource\":{".utf8) + resource.member
            + Array(
                "},\"scopeSpans\":[{\"scope\":{\"name\":\"tracewire\",\"version\":\"\(Version.number)\"},\"spans\":["
                    .utf8)
    }

    /// What stands behind them.
    static let tail = Array("]}]}]}\n".utf8)

    // MARK: The workflow

    func span(workflow row: AnswerRow) -> [UInt8] {
        let status = row.status()
        var span = OTLPSpan(name, .internal, root, parent: nil, from: startMs, to: endMs)
        span.attributes.text("gen_ai.operation.name", "invoke_workflow")
        span.attributes.text("gen_ai.workflow.name", name)
        span.attributes.text("user.id", row.text("username"))
        describe(row, &span)
        if status == .running { span.attributes.boolean("tracewire.unfinished", true) }
        span.attributes.text("tracewire.end_reason", row.text("end_reason"))
        span.attributes.text("tracewire.input", row.text("user_input"))
        span.attributes.text("tracewire.output", row.text("final_itinerary"))
        span.attributes.text("tracewire.input_type", row.text("input_type"))
        span.attributes.text("tracewire.time_settings", row.text("time_settings"))
        span.attributes.text("tracewire.date_theme", row.text("date_theme"))
        span.attributes.text("tracewire.user_intent", row.text("user_intent"))
        span.attributes.integer("tracewire.search_radius", row.integer("search_radius"))
        span.attributes.integer("tracewire.shed.records", row.integer("shed_records"))
        span.attributes.integer("tracewire.shed.payloads", row.integer("shed_payloads"))
        end(&span, status, message: row.text("end_reason"))
        return span.json(trace: trace)
    }

    // MARK: Nodes

    mutating func span(node row: AnswerRow) -> [UInt8]? {
        guard let uuid = row.text("uuid").flatMap(Identifier.init) else { return nil }
        let status = row.status()
        let id = SpanIdentifier(.node, uuid)
        nodes[row.integer("id") ?? 0] = id
        let name = row.text("node_name") ?? ""
        let pending = row.integer("pending_at")
        let (started, completed) = (row.integer("started_at"), row.integer("completed_at"))
        var span = OTLPSpan(
            name, .internal, id, parent: parent(of: row, id), from: started ?? pending ?? completed ?? startMs,
            to: completed ?? endMs)
        span.attributes.text("tracewire.node.type", row.text("node_type"))
        describeOperation(of: row.text("node_type"), name, &span)
        span.attributes.integer("tracewire.node.execution_order", row.integer("execution_order"))
        describe(row, &span)
        if completed == nil { span.attributes.boolean("tracewire.unfinished", true) }
        if started != nil { span.attributes.integer("tracewire.pending_at_ms", pending) }
        if let duration = row.integer("duration_ms"), duration != span.endMs - span.startMs {
            span.attributes.integer("tracewire.duration_ms", duration)
        }
        span.attributes.text("tracewire.input", row.text("input_data"))
        span.attributes.text("tracewire.output", row.text("output_data"))
        span.attributes.text("tracewire.state", row.text("state_data"))
        end(&span, status, message: row.text("error_message"))
        span.addException(row.text("error_message"), stacktrace: row.text("error_traceback"))
        return span.json(trace: trace)
    }

    /// The node that the SDK's tracer says a node is part of; else the workflow.
    private func parent(of row: AnswerRow, _ id: SpanIdentifier) -> SpanIdentifier {
        guard let metadata = row.text("metadata"), case .object(let members) = JSONReading.value(metadata),
            case .string(let text) = members["span.parent_node"], let uuid = Identifier(text)
        else { return root }
        let parent = SpanIdentifier(.node, uuid)
        return parent == id ? root : parent
    }

    /// The types that OpenTelemetry has a name for.
    private func describeOperation(of type: String?, _ name: String, _ span: inout OTLPSpan) {
        switch type {
        case "tool":
            span.attributes.text("gen_ai.operation.name", "execute_tool")
            span.attributes.text("gen_ai.tool.name", name)
        case "agent":
            span.attributes.text("gen_ai.operation.name", "invoke_agent")
            span.attributes.text("gen_ai.agent.name", name)
        default: break
        }
    }

    // MARK: Generations

    func span(generation row: AnswerRow) -> [UInt8]? {
        guard let uuid = row.text("uuid").flatMap(Identifier.init) else { return nil }
        let model = row.text("model_name") ?? ""
        let end = row.integer("created_at") ?? startMs
        var span = OTLPSpan(
            "chat \(model)", .client, SpanIdentifier(.generation, uuid),
            parent: row.integer("node_id").flatMap { nodes[$0] } ?? root,
            from: max(0, end - max(0, row.integer("latency_ms") ?? 0)), to: end)
        span.attributes.text("gen_ai.operation.name", "chat")
        span.attributes.text("gen_ai.provider.name", row.text("model_provider"))
        span.attributes.text("gen_ai.request.model", model)
        span.attributes.double("gen_ai.request.temperature", row.double("temperature"))
        span.attributes.integer("gen_ai.request.max_tokens", row.integer("max_tokens"))
        span.attributes.integer("gen_ai.usage.input_tokens", row.integer("prompt_tokens"))
        span.attributes.integer("gen_ai.usage.output_tokens", row.integer("completion_tokens"))
        span.attributes.integer("gen_ai.usage.total_tokens", row.integer("total_tokens"))
        span.attributes.text("gen_ai.system_instructions", row.text("system_prompt").map(GenAIMessages.instructions))
        span.attributes.text(
            "gen_ai.input.messages", row.text("user_prompt").map { GenAIMessages.messages($0, role: "user") })
        span.attributes.text(
            "gen_ai.output.messages", row.text("output").map { GenAIMessages.messages($0, role: "assistant") })
        span.attributes.text("tracewire.output", row.text("parsed_output"))
        describe(row, &span)
        let error = row.text("error_message")
        // The convention wants a class of errors; which it is nobody has said.
        if error != nil { span.attributes.text("error.type", "_OTHER") }
        span.end(error == nil ? .ok : .error, message: error)
        span.addException(error)
        return span.json(trace: trace)
    }

    // MARK: What all have

    private func describe(_ row: AnswerRow, _ span: inout OTLPSpan) {
        span.attributes.integer("tracewire.id", row.integer("id"))
        span.attributes.text("tracewire.uuid", row.text("uuid"))
        span.attributes.text("tracewire.status", row.text("status"))
        if let tags = row.text("tags") {
            if let texts = JSONReading.texts(tags) {
                span.attributes.texts("tracewire.tags", texts)
            } else {
                span.attributes.text("tracewire.tags", tags)
            }
        }
        span.attributes.text("tracewire.metadata", row.text("metadata"))
    }

    private func end(_ span: inout OTLPSpan, _ status: Status?, message: String?) {
        switch status {
        case .completed: span.end(.ok)
        case .failed: span.end(.error, message: message)
        default: break
        }
    }
}

extension JSONReading {
    /// The elements of an array of texts; `nil` for anything else.
    fileprivate static func texts(_ json: String) -> [String]? {
        guard case .array(let elements) = value(json) else { return nil }
        var texts: [String] = []
        for element in elements {
            guard case .string(let text) = element else { return nil }
            texts.append(text)
        }
        return texts
    }
}
