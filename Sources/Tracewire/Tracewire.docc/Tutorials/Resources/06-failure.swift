import Tracewire

struct PlanState: Encodable {
    var wish: String
    var area: String?
    var place: String?
}

struct NothingFound: Error, CustomStringConvertible {
    let area: String
    var description: String { "nothing is open in \(area)" }
}

func plan(_ wish: String, _ client: TracewireClient) async throws -> String {
    try await client.withWorkflow("date_course", user: "mina", userInput: wish) { workflow in
        var state = PlanState(wish: wish)
        let area = await withNode("parse_input", type: "llm", input: state) { node in
            let area = await findArea(in: wish)
            state.area = area
            node.setState(state)
            return area
        }
        let place = try await withNode("search", type: "tool", input: state) { node in
            guard !wish.contains("새벽") else { throw NothingFound(area: area) }
            let place = "\(area) 푸른 갤러리"
            state.place = place
            node.setState(state)
            return place
        }
        workflow.setFinalItinerary([place])
        return place
    }
}

func findArea(in wish: String) async -> String {
    let question = "Where does this person want to go? \(wish)"
    return await withGeneration(model: "gpt-4o-mini", provider: "openai", userPrompt: question) { call in
        // Here your model answers.
        call.setOutput("성수")
        call.setUsage(promptTokens: 180, completionTokens: 3)
        return "성수"
    }
}
