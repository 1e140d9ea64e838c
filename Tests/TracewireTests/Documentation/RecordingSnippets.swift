import Tracewire

// What the pages of Tracewire.docc show of recording. Each snippet stands there as it stands here.

private struct Intent: Codable {
    var area: String
}

private func understand(_ wish: String) async throws -> Intent { Intent(area: "성수") }

private func search(_ intent: Intent) async throws -> [String] { ["푸른 갤러리"] }

private struct Landing {
    // Snippet begins
    func plan(_ wish: String, _ client: TracewireClient) async throws -> [String] {
        try await client.withWorkflow("date_course", user: "mina", userInput: wish) { workflow in
            let intent = try await workflow.withNode("parse_input", type: "llm") { node in
                let intent = try await understand(wish)
                node.setState(intent)
                return intent
            }
            let places = try await workflow.withNode("search", type: "tool", input: intent) { _ in
                try await search(intent)
            }
            workflow.setFinalItinerary(places)
            return places
        }
    }
    // Snippet ends
}

private func values(_ node: NodeHandle, _ answer: String) {
    // Snippet begins
    struct Place: Encodable {
        let name: String
        let rating: Double
    }

    // A literal.
    node.setState(["area": "성수", "budget_krw": 120_000, "meal": nil])
    // Anything Encodable.
    node.setOutput([Place(name: "푸른 갤러리", rating: 4.5)])
    // JSON that is text already; nil where it is none.
    if let json = JSONText(validating: answer) { node.setOutput(json) }
    // A value of one's own among others.
    node.setState(["area": .string(answer), "places": .encoding([Place(name: "느린 로스터스", rating: 4.2)])])
    // Snippet ends
}

private func masking() -> TracewireClient {
    // Snippet begins
    var configuration = TracewireConfiguration()
    configuration.mask = { field, value in
        switch field {
        case .systemPrompt: nil
        case .userInput where value.contains("@"): "[masked]"
        case .stateData where value.contains("@"): #""[masked]""#
        default: value
        }
    }
    configuration.valueLimit = 64 << 10
    let client = TracewireClient(configuration)
    // Snippet ends
    return client
}

private func sampling(_ client: TracewireClient, _ shopping: [String]) async {
    // Snippet begins
    await client.withWorkflow("date_course") { workflow in
        guard workflow.isRecording else { return }
        workflow.setFinalItinerary(shopping.sorted())
    }
    // Snippet ends
}

private func plainCalls(_ client: TracewireClient, _ wish: String) {
    // Snippet begins
    let workflow = client.startWorkflow("date_course", user: "mina", userInput: wish)
    let node = workflow.startNode("search", type: "tool", input: ["area": "성수"])
    node.end(.completed, output: ["푸른 갤러리"])
    let later = workflow.pendingNode("search_drinking", type: "tool")
    later.skip()
    workflow.end(.completed)
    // Snippet ends
}

private struct Deep {
    // Snippet begins
    func ask(_ prompt: String) async throws -> String {
        try await withGeneration(model: "gpt-4o", provider: "openai", userPrompt: prompt) { call in
            let answer = try await complete(prompt)
            call.setOutput(answer)
            call.setUsage(promptTokens: 180, completionTokens: 42)
            return answer
        }
    }
    // Snippet ends

    func complete(_ prompt: String) async throws -> String { prompt }
}

private func parallel(_ client: TracewireClient, _ intent: Intent) async throws {
    // Snippet begins
    try await client.withWorkflow("date_course") { _ in
        async let cafes = withNode("search_cafe", type: "search") { _ in try await search(intent) }
        async let dinners = withNode("search_dinner", type: "search") { _ in try await search(intent) }
        _ = try await (cafes, dinners)
    }
    // Snippet ends
}

private func detached(_ client: TracewireClient, _ intent: Intent) async throws {
    // Snippet begins
    try await client.withWorkflow("date_course") { workflow in
        let cafes = Task.detached {
            try await workflow.asCurrent {
                try await withNode("search_cafe", type: "search") { _ in try await search(intent) }
            }
        }
        _ = try await cafes.value
    }
    // Snippet ends
}

private func elsewhere(_ node: NodeHandle) {
    // Snippet begins
    let legacyCallback: @Sendable (String) -> Void = { answer in
        node.setOutput(["answer": .string(answer)])
        node.end(.completed)
    }
    // Snippet ends
    legacyCallback("성수")
}
