import Tracewire

// The tutorial of Tracewire.docc: each snippet is one of its files, with `import Tracewire` before it.

private struct Connected {
    // Snippet begins
    func run(_ wish: String) async {
        let client = TracewireClient()
        let report = await client.shutdown(timeout: .seconds(5))
        print(report)
    }
    // Snippet ends
}

private struct WorkflowRecorded {
    // Snippet begins
    func run(_ wish: String) async {
        let client = TracewireClient()
        let place = await plan(wish, client)
        print("How about \(place)?")
        let report = await client.shutdown(timeout: .seconds(5))
        print(report)
    }

    func plan(_ wish: String, _ client: TracewireClient) async -> String {
        await client.withWorkflow("date_course", user: "mina", userInput: wish) { workflow in
            let place = "성수 푸른 갤러리"
            workflow.setFinalItinerary([place])
            return place
        }
    }
    // Snippet ends
}

private struct NodesRecorded {
    // Snippet begins
    func plan(_ wish: String, _ client: TracewireClient) async -> String {
        await client.withWorkflow("date_course", user: "mina", userInput: wish) { workflow in
            let area = await withNode("parse_input", type: "llm", input: ["wish": .string(wish)]) { _ in
                await findArea(in: wish)
            }
            let place = await withNode("search", type: "tool", input: ["area": .string(area)]) { _ in
                "\(area) 푸른 갤러리"
            }
            workflow.setFinalItinerary([place])
            return place
        }
    }

    func findArea(in wish: String) async -> String { "성수" }
    // Snippet ends
}

private struct StateRecorded {
    // Snippet begins
    struct PlanState: Encodable {
        var wish: String
        var area: String?
        var place: String?
    }

    func plan(_ wish: String, _ client: TracewireClient) async -> String {
        await client.withWorkflow("date_course", user: "mina", userInput: wish) { workflow in
            var state = PlanState(wish: wish)
            let area = await withNode("parse_input", type: "llm", input: state) { node in
                let area = await findArea(in: wish)
                state.area = area
                node.setState(state)
                return area
            }
            let place = await withNode("search", type: "tool", input: state) { node in
                let place = "\(area) 푸른 갤러리"
                state.place = place
                node.setState(state)
                return place
            }
            workflow.setFinalItinerary([place])
            return place
        }
    }

    func findArea(in wish: String) async -> String { "성수" }
    // Snippet ends
}

private struct GenerationRecorded {
    // Snippet begins
    func findArea(in wish: String) async -> String {
        let question = "Where does this person want to go? \(wish)"
        return await withGeneration(model: "gpt-4o-mini", provider: "openai", userPrompt: question) { call in
            // Here your model answers.
            call.setOutput("성수")
            call.setUsage(promptTokens: 180, completionTokens: 3)
            return "성수"
        }
    }
    // Snippet ends
}

struct FinishedTutorial {
    // Snippet begins
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
    // Snippet ends
}
