import Testing
import TracewireProtocol

/// One event of each kind, every field of it set.
enum Examples {
    static func event(_ kind: EventKind) throws -> Event<String> {
        let workflow = try #require(Identifier("0199c8aa-0000-7000-8000-000000000001"))
        let node = try #require(Identifier("0199c8aa-0001-7000-8000-000000000001"))
        let description = NodeDescription(
            nodeName: "search", nodeType: "도구", executionOrder: 3, tags: "[1]", metadata: #"{"k":null}"#)
        switch kind {
        case .user: return .user(User(username: "mi\"na", email: "mina@mail.example"))
        case .workflowStart: return .workflowStart(workflowStart(workflow))
        case .nodePending:
            var pending = NodePending<String>()
            (pending.node, pending.workflow, pending.description) = (node, workflow, description)
            return .nodePending(pending)
        case .nodeStart:
            var start = NodeStart<String>()
            (start.node, start.workflow, start.description, start.inputData) = (node, workflow, description, "[]")
            return .nodeStart(start)
        case .nodeSkip: return .nodeSkip(NodeSkip(node: node, workflow: workflow))
        case .nodeEnd: return .nodeEnd(nodeEnd(node, workflow))
        case .generation: return .generation(generation(node, workflow))
        case .workflowShed:
            return .workflowShed(WorkflowShed(workflow: workflow, source: node, records: 2, payloads: 0))
        case .workflowEnd:
            var end = WorkflowEnd<String>()
            (end.workflow, end.status, end.userIntent, end.finalItinerary) = (workflow, 5, "1", "[2]")
            return .workflowEnd(end)
        }
    }

    private static func workflowStart(_ workflow: Identifier) -> WorkflowStart<String> {
        var start = WorkflowStart<String>()
        (start.workflow, start.username, start.name) = (workflow, "mina", "date_course")
        (start.userInput, start.inputType, start.searchRadius) = ("전시\n", "text", -1)
        (start.timeSettings, start.dateTheme, start.userIntent) = (#"{"a":1}"#, #""x""#, "0")
        (start.tags, start.metadata) = ("[]", "{}")
        return start
    }

    private static func nodeEnd(_ node: Identifier, _ workflow: Identifier) -> NodeEnd<String> {
        var end = NodeEnd<String>()
        (end.node, end.workflow, end.status, end.durationMs) = (node, workflow, Status.failed.rawValue, 12)
        (end.stateData, end.outputData) = (#"{"s":1}"#, #"{"o":1}"#)
        (end.errorMessage, end.errorTraceback) = ("\u{1}", "a\tb")
        return end
    }

    private static func generation(_ node: Identifier, _ workflow: Identifier) -> Generation<String> {
        var call = Generation<String>()
        (call.generation, call.node, call.workflow) = (node, node, workflow)
        (call.modelName, call.modelProvider) = ("gpt-4o", "openai")
        (call.systemPrompt, call.userPrompt, call.output, call.parsedOutput) = ("s", "u", "🌙", #"{"p":[]}"#)
        (call.temperature, call.maxTokens, call.promptTokens) = (0.1, 1, 2)
        (call.completionTokens, call.totalTokens, call.latencyMs) = (3, 5, 1200)
        (call.errorMessage, call.metadata) = ("e", "false")
        return call
    }
}
