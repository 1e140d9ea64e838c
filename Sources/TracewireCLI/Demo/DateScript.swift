internal import Tracewire

/// A call of a model in a step.
struct ModelCall: Sendable {
    let model: String
    let provider: String
    let systemPrompt: String
    let promptTokens: Int64
    let completionTokens: Int64
}

/// One node of the planner: what it is, how long it takes, and what it adds to the state.
struct DateStep: Sendable {
    let name: String
    let type: String
    let key: String
    let result: JSONText
    var time = Duration.milliseconds(20)
    var call: ModelCall?
    var isSkipped = false
}

/// A workflow of the demo, and how it ends.
struct DateScript: Sendable {
    enum Ending: Equatable, Sendable {
        case completed
        case failed(in: String)
        case cancelled(before: String)
    }

    let user: String
    let userInput: String
    let theme: String
    let intent: JSONText
    let ending: Ending
    let steps: [DateStep]

    static let all = [
        DateScript(
            user: "mina", userInput: "성수에서 전시 보고 조용한 카페에 가고 싶어. 저녁은 파스타가 좋아.", theme: "전시",
            intent: ["location": "성수", "activity": "전시", "meal": "저녁", "budget_krw": 120_000], ending: .completed,
            steps: steps(area: "성수", activity: "성수 푸른 갤러리", dining: "성수 골목 파스타", cafe: "성수 느린 로스터스")),
        DateScript(
            user: "junho", userInput: "홍대에서 방탈출 하고 맛있는 걸 먹고 싶어. 비가 와도 괜찮은 곳으로!", theme: "방탈출",
            intent: ["location": "홍대", "activity": "방탈출", "meal": "저녁", "budget_krw": 90_000],
            ending: .failed(in: "search_dining"),
            steps: steps(area: "홍대", activity: "홍대 달빛 방탈출", dining: "홍대 작은 화로구이", cafe: "홍대 새벽 티룸")),
        DateScript(
            user: "mina", userInput: "경주에서 산책하고 야경 볼 수 있는 코스 추천해 줘 🌙", theme: "야경",
            intent: ["location": "경주", "activity": "산책", "meal": nil, "budget_krw": 60_000],
            ending: .cancelled(before: "build_itinerary"),
            steps: steps(area: "경주", activity: "경주 고요한 전시관", dining: "경주 오래된 한정식", cafe: "경주 언덕 다방")),
    ]

    private static func steps(area: String, activity: String, dining: String, cafe: String) -> [DateStep] {
        [
            DateStep(
                name: "parse_input", type: "llm", key: "parsed_location", result: .string(area),
                time: .milliseconds(60), call: analyst),
            DateStep(
                name: "resolve_location", type: "tool", key: "coordinates", result: ["x": 127.0557, "y": 37.5446]),
            DateStep(
                name: "search_activity", type: "search", key: "activity_places", result: places(activity, "문화시설"),
                time: .milliseconds(45), call: curator),
            DateStep(
                name: "search_dining", type: "search", key: "dining_places", result: places(dining, "음식점"),
                time: .milliseconds(35), call: curator),
            DateStep(
                name: "search_cafe", type: "search", key: "cafe_places", result: places(cafe, "카페"),
                time: .milliseconds(30), call: curator),
            DateStep(name: "search_drinking", type: "search", key: "", result: nil, isSkipped: true),
            DateStep(
                name: "build_itinerary", type: "llm", key: "final_itinerary",
                result: [
                    ["order": 1, "at": "13:00", "place": .string(activity)],
                    ["order": 2, "at": "15:30", "place": .string(cafe)],
                    ["order": 3, "at": "18:00", "place": .string(dining)],
                ], time: .milliseconds(90), call: designer),
        ]
    }

    private static func places(_ name: String, _ category: String) -> JSONText {
        [["name": .string(name), "category": .string(category), "rating": 4.5]]
    }

    private static let analyst = ModelCall(
        model: "gpt-4o-mini", provider: "openai",
        systemPrompt: "당신은 데이트 코스 요청을 구조화하는 분석가입니다. JSON으로만 답하세요.", promptTokens: 212,
        completionTokens: 61)
    private static let curator = ModelCall(
        model: "claude-sonnet-4", provider: "anthropic",
        systemPrompt: "당신은 장소 큐레이터입니다. 후보에 순위를 매기고 이유를 한 문장씩 적으세요.", promptTokens: 645,
        completionTokens: 178)
    private static let designer = ModelCall(
        model: "gpt-4o", provider: "openai",
        systemPrompt: "당신은 동선 설계자입니다. 시작 시간과 이동 거리를 고려해 하나의 일정을 만드세요.", promptTokens: 1320,
        completionTokens: 402)
}
