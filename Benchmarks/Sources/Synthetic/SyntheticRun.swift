import TracewireProtocol

/// Many small runs, spread evenly over the days before ``SyntheticRun/endMs`` and over the users.
package struct SyntheticRuns {
    package let count: Int
    let days: Int
    let users: Int

    package init(count: Int, days: Int, users: Int) {
        (self.count, self.days, self.users) = (count, days, users)
    }

    package var userRecords: [Record<String>] {
        (0..<users).map { Record(atMs: 1, event: .user(User(username: "user\($0)"))) }
    }

    package func run(_ number: Int) -> SyntheticRun {
        let span = Int64(days) * 86_400_000
        let startMs = SyntheticRun.endMs - span + span / Int64(count) * Int64(number)
        return SyntheticRun(number: number, user: number * 7 % users, startMs: startMs)
    }
}

/// One small run, which its number determines.
package struct SyntheticRun {
    /// 2026-01-01 00:00 UTC, when the last run ends.
    package static let endMs: Int64 = 1_767_225_600_000
    private static let nodeNames = [
        "parse_input", "resolve_location", "search_activity", "search_dining", "search_cafe", "rank", "build_itinerary",
        "review",
    ]

    package let number: Int
    private let user: Int
    private let startMs: Int64
    private let workflow: Identifier
    private var hasFailed: Bool { number % 25 == 7 }

    init(number: Int, user: Int, startMs: Int64) {
        self.number = number
        self.user = user
        self.startMs = startMs
        workflow = Identifier(high: UInt64(startMs) << 16 | 0x7000, low: 0x8000_0000_0000_0000 | UInt64(number) << 8)
    }

    package var records: [Record<String>] {
        var start = WorkflowStart<String>()
        start.workflow = workflow
        start.name = "planner\(number % 10)"
        start.username = "user\(user)"
        start.userInput = SyntheticPayload.words(number * 16 + 8)
        var end = WorkflowEnd<String>()
        end.workflow = workflow
        end.status = (hasFailed ? Status.failed : .completed).rawValue
        return [Record(atMs: startMs, event: .workflowStart(start))] + (0..<8).flatMap(node)
            + [Record(atMs: startMs + 9_000 + Int64(number * 37 % 4_000), event: .workflowEnd(end))]
    }

    private func node(_ place: Int) -> [Record<String>] {
        let identifier = Identifier(high: workflow.high, low: workflow.low | UInt64(place + 1))
        let at = startMs + Int64(place) * 1_000
        var start = NodeStart<String>()
        start.node = identifier
        start.workflow = workflow
        start.description = NodeDescription(
            nodeName: Self.nodeNames[place], nodeType: place % 2 == 0 ? "llm" : "tool", executionOrder: Int64(place + 1)
        )
        var end = NodeEnd<String>()
        end.node = identifier
        end.workflow = workflow
        end.status = (hasFailed && place == 7 ? Status.failed : .completed).rawValue
        end.stateData = SyntheticPayload.state(run: number, place: place)
        var records = [Record(atMs: at, event: .nodeStart(start))]
        if place == 0 { records.append(generation(of: identifier, at: at + 20)) }
        records.append(Record(atMs: at + 10 + Int64(number * 31 % 900), event: .nodeEnd(end)))
        return records
    }

    private func generation(of node: Identifier, at: Int64) -> Record<String> {
        var generation = Generation<String>()
        generation.generation = Identifier(high: workflow.high, low: workflow.low | 0x80)
        generation.workflow = workflow
        generation.node = node
        generation.modelName = number % 3 == 0 ? "gpt-4o" : "solar-pro"
        generation.userPrompt = SyntheticPayload.words(number * 16 + 9)
        generation.output = SyntheticPayload.words(number * 16 + 10)
        generation.totalTokens = Int64(100 + number % 400)
        generation.latencyMs = Int64(10 + number % 700)
        return Record(atMs: at, event: .generation(generation))
    }
}
