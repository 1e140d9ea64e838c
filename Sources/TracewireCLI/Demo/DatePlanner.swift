internal import Tracewire
internal import TracewireProtocol

/// A small date planner: it answers from a script instead of asking models, and is recorded like the real thing.
struct DatePlanner {
    let client: TracewireClient

    /// Runs all scripts at once. Returns the identifiers of their workflows, in the order of the scripts.
    func runAll() async -> [String] {
        await withTaskGroup(of: (Int, String).self) { group in
            for (place, script) in DateScript.all.enumerated() {
                group.addTask { (place, await run(script)) }
            }
            var identifiers: [Int: String] = [:]
            for await (place, identifier) in group { identifiers[place] = identifier }
            return DateScript.all.indices.compactMap { identifiers[$0] }
        }
    }

    /// How a workflow ends is what its scope throws, so it is the demo's subject and not its failure.
    private func run(_ script: DateScript) async -> String {
        client.recordUser(username: script.user, email: "\(script.user)@mail.example")
        var identifier = ""
        try? await client.withWorkflow(
            "date_course", user: script.user, userInput: script.userInput, inputType: "text",
            timeSettings: ["start": "13:00", "end": "20:30", "weekday": "토"],
            dateTheme: ["theme": .string(script.theme), "mood": ["조용한", "감성"]], searchRadius: 1000
        ) { workflow in
            identifier = workflow.id.description
            workflow.setUserIntent(script.intent)
            var state = PlannerState(["user_input": .string(script.userInput)])
            for step in script.steps { try await run(step, script, workflow, &state) }
            workflow.setFinalItinerary(state.json)
        }
        return identifier
    }

    private func run(
        _ step: DateStep, _ script: DateScript, _ workflow: WorkflowHandle, _ state: inout PlannerState
    ) async throws {
        if step.isSkipped {
            workflow.pendingNode(step.name, type: step.type).skip()
            return
        }
        // Whoever asked has closed the page.
        if script.ending == .cancelled(before: step.name) { throw CancellationError() }
        let before = state
        state = try await workflow.withNode(step.name, type: step.type, input: before.summary) { node in
            try await ask(step, script, node, before)
            if script.ending == .failed(in: step.name) { throw PlannerError.upstream(step.name, 503) }
            var after = before
            after.set(step.key, step.result)
            node.setState(after.json)
            node.setOutput(["updated": .string(step.key)])
            return after
        }
    }

    /// Takes a moment, as a search or a model would, so that the waterfall has something to show.
    private func ask(
        _ step: DateStep, _ script: DateScript, _ node: NodeHandle, _ state: PlannerState
    ) async throws {
        guard let call = step.call else { return try await Task.sleep(for: step.time) }
        try await node.withGeneration(
            model: call.model, provider: call.provider, systemPrompt: call.systemPrompt,
            userPrompt: "\(script.userInput)\n\n\(state.json.text)", temperature: 0.2, maxTokens: 1024
        ) { generation in
            try await Task.sleep(for: step.time)
            generation.setOutput(step.result.text)
            generation.setParsedOutput(step.result)
            generation.setUsage(promptTokens: call.promptTokens, completionTokens: call.completionTokens)
        }
    }
}

/// What goes wrong in a planner.
enum PlannerError: Error, CustomStringConvertible {
    case upstream(_ node: String, _ status: Int)

    var description: String {
        switch self {
        case .upstream(let node, let status): "\(node): 장소 검색 API가 \(status)을 돌려주었습니다"
        }
    }
}

/// What a workflow knows so far, as a JSON object whose keys keep their order.
struct PlannerState: Sendable {
    private var members: [(key: String, value: JSONText)]

    init(_ members: KeyValuePairs<String, JSONText>) {
        self.members = members.map { ($0.key, $0.value) }
    }

    mutating func set(_ key: String, _ value: JSONText) {
        members.append((key, value))
    }

    var json: JSONText {
        let text = members.map { "\(JSONText.string($0.key).text):\($0.value.text)" }.joined(separator: ",")
        let object: String = "{" + text + "}"
        return JSONText(validating: object) ?? .null
    }

    /// What a node is given: where its input comes from.
    var summary: JSONText {
        ["from": .string(members.last?.key ?? ""), "keys": .integer(Int64(members.count))]
    }
}
