/// Stands in for a language model: it answers from a table, and takes its time like one.
struct TableModel: Sendable {
    struct Answer: Sendable {
        let text: String
        let promptTokens: Int64
        let completionTokens: Int64
    }

    let name: String
    let instructions: String
    let thinkingTime: Duration
    let table: KeyValuePairs<String, String>

    /// Says what the table has for each word that the prompt mentions, one in a line.
    func answer(_ prompt: String) async throws -> Answer {
        try await Task.sleep(for: thinkingTime)
        let text = table.filter { prompt.contains($0.key) }.map(\.value).joined(separator: "\n")
        return Answer(
            text: text, promptTokens: Self.tokens(instructions) + Self.tokens(prompt),
            completionTokens: Self.tokens(text))
    }

    /// About as many as a real model would count.
    private static func tokens(_ text: String) -> Int64 { Int64((text.unicodeScalars.count + 1) / 2) }
}

extension TableModel {
    /// Finds out what somebody wants.
    static let analyst = TableModel(
        name: "analyst-1", instructions: "데이트 코스 요청에서 지역과 테마를 찾으세요.", thinkingTime: .milliseconds(250),
        table: [
            "성수": "area=성수", "홍대": "area=홍대", "을지로": "area=을지로",
            "전시": "theme=전시", "산책": "theme=산책", "방탈출": "theme=방탈출",
        ])

    /// Finds a title for a day.
    static let writer = TableModel(
        name: "writer-1", instructions: "하루의 코스에 짧은 제목을 붙이세요.", thinkingTime: .milliseconds(300),
        table: ["전시": "천천히 보고 오래 이야기하는 하루", "산책": "바람을 따라 걷는 하루", "방탈출": "함께 풀고 함께 웃는 하루"])
}
