internal import TracewireProtocol

/// In what one value that was recorded differs from its counterpart in another run.
struct FieldDifference {
    /// `input_data`, `call 2 output`.
    let field: String
    let changes: [JSONChange]

    /// `nil` where the two say the same.
    ///
    /// - Parameter isJSON: whether the values are JSON; else they are texts.
    init?(_ field: String, _ first: AnswerRow?, _ second: AnswerRow?, column: String, isJSON: Bool) {
        let (old, new) = (Self.value(first, column, isJSON), Self.value(second, column, isJSON))
        guard old != new else { return nil }
        self.field = field
        switch (old, new) {
        case (let old?, let new?): changes = JSONDifference.changes(from: old, to: new)
        case (let old?, nil): changes = [JSONChange(path: [], kind: .removed(old))]
        case (nil, let new?): changes = [JSONChange(path: [], kind: .added(new))]
        case (nil, nil): return nil
        }
    }

    private static func value(_ row: AnswerRow?, _ column: String, _ isJSON: Bool) -> JSONValue? {
        switch row?[column] ?? .null {
        case .null: nil
        case .integer(let number): .number(String(number))
        case .real(let number): .number(number.description)
        case .text(let text): (isJSON ? JSONReading.value(text) : nil) ?? .string(text)
        case .blob(let bytes): .string(JSONOutput.hexadecimal(bytes))
        }
    }
}

/// All in which two nodes, or runs, differ: what they were given first, then what they made of it.
enum FieldDifferences {
    private static let run: [(column: String, isJSON: Bool)] = [
        ("user_input", false), ("input_type", false), ("time_settings", true), ("date_theme", true),
        ("search_radius", false), ("user_intent", true), ("status", false), ("final_itinerary", true),
    ]
    private static let given: [(column: String, isJSON: Bool)] = [("input_data", true)]
    private static let call: [(column: String, isJSON: Bool)] = [
        ("model_name", false), ("model_provider", false), ("system_prompt", false), ("user_prompt", false),
        ("temperature", false), ("max_tokens", false), ("output", false), ("parsed_output", true),
        ("error_message", false),
    ]
    private static let made: [(column: String, isJSON: Bool)] = [
        ("output_data", true), ("state_data", true), ("status", false), ("error_message", false),
        ("error_traceback", false),
    ]

    static func between(runs first: AnswerRow, _ second: AnswerRow) -> [FieldDifference] {
        differences(run, first, second)
    }

    static func between(_ first: Run.Node, _ second: Run.Node) -> [FieldDifference] {
        var found = differences(given, first.row, second.row)
        for index in 0..<max(first.generations.count, second.generations.count) {
            found += differences(
                call, first.generations.element(index), second.generations.element(index), "call \(index + 1) ")
        }
        return found + differences(made, first.row, second.row)
    }

    private static func differences(
        _ columns: [(column: String, isJSON: Bool)], _ first: AnswerRow?, _ second: AnswerRow?, _ prefix: String = ""
    ) -> [FieldDifference] {
        columns.compactMap { FieldDifference(prefix + $0.column, first, second, column: $0.column, isJSON: $0.isJSON) }
    }
}

extension Array {
    fileprivate func element(_ index: Int) -> Element? { indices.contains(index) ? self[index] : nil }
}
