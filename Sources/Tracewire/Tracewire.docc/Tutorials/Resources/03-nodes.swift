import Tracewire

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
