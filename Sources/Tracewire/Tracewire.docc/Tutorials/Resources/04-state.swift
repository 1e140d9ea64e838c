import Tracewire

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
