import Tracewire

/// Why there is no plan.
public enum PlannerError: Error, CustomStringConvertible {
    case notUnderstood

    public var description: String {
        switch self {
        case .notUnderstood: "name an area (성수, 홍대, 을지로) and a theme (전시, 산책, 방탈출)"
        }
    }
}

/// Plans a date in five steps, each of which is a node of the workflow in whose scope it is called. It needs no handle of
/// that workflow, nor the client: outside of any workflow it plans as well, and nothing is recorded.
public struct DatePlanner: Sendable {
    public init() {}

    /// - Throws: ``PlannerError``, `CancellationError`.
    public func plan(_ wish: String) async throws -> Itinerary {
        var state = PlanState(wish: wish)
        let intent = try await step("parse_wish", type: "llm", &state) { state in
            let intent = try await understand(state.wish)
            state.intent = intent
            return intent
        }
        for kind in Place.Kind.allCases {
            try await step("search_\(kind.rawValue)", type: "search", &state) { state in
                state.places.append(try await PlaceTable.search(kind, intent))
            }
        }
        return try await step("write_itinerary", type: "llm", &state) { state in
            let title = try await ask(.writer, "\(intent.theme), \(state.places.map(\.name).joined(separator: ", "))")
            let stops = zip(["14:00", "16:30", "18:30"], state.places).map { Itinerary.Stop(at: $0, place: $1.name) }
            let itinerary = Itinerary(title: title, stops: stops)
            state.itinerary = itinerary
            return itinerary
        }
    }

    /// Runs `body` as a node that is given the state before it, and records the state after it.
    private func step<Result>(
        _ name: String, type: String, _ state: inout PlanState, _ body: (inout PlanState) async throws -> Result
    ) async throws -> Result {
        try await withNode(name, type: type, input: state) { node in
            let result = try await body(&state)
            node.setState(state)
            return result
        }
    }

    private func understand(_ wish: String) async throws -> Intent {
        let answer = try await ask(.analyst, wish)
        let fields = answer.split(separator: "\n").map { $0.split(separator: "=") }
        func field(_ name: String) -> String? {
            fields.first { $0.first.map(String.init) == name }?.last.map(String.init)
        }
        guard let area = field("area"), let theme = field("theme") else { throw PlannerError.notUnderstood }
        return Intent(area: area, theme: theme)
    }

    /// Asks a model, and records the call in the node around it.
    private func ask(_ model: TableModel, _ prompt: String) async throws -> String {
        try await withGeneration(
            model: model.name, provider: "table", systemPrompt: model.instructions, userPrompt: prompt
        ) { call in
            let answer = try await model.answer(prompt)
            call.setOutput(answer.text)
            call.setUsage(promptTokens: answer.promptTokens, completionTokens: answer.completionTokens)
            return answer.text
        }
    }
}
