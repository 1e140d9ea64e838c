/// Joins that compare columns by their names: `USING (…)` and `NATURAL`.
///
/// SQLite tells its authorizer nothing of the columns that they compare (3.40), so that references would be compared
/// in place of values. They are found in the text. What looks like one in a string or a comment costs no more than the
/// views; what a comment hides between `USING` and a column's name would cost a wrong answer.
struct NamedJoins {
    private static let names = Set(PayloadColumn.allCases.map(\.name))

    private let tokens: [Substring]

    init(_ text: String) {
        let text = text.lowercased()
        tokens = text.split { $0.isWhitespace || "\"'`[]".contains($0) }.flatMap { $0.words }
    }

    /// Whether one may compare columns whose values may lie in segments.
    var mayReadPayload: Bool {
        if tokens.contains("natural") { return true }
        guard let place = tokens.firstIndex(of: "using") else { return false }
        return tokens[place...].contains { Self.names.contains(String($0)) }
    }

    /// Whether the statement names tables by their database, as a statement on the views must not.
    var namesDatabase: Bool {
        zip(tokens, tokens.dropFirst()).contains { $0 == "main" && $1 == "." }
    }
}

extension Substring {
    /// Names, and between them each character alone.
    fileprivate var words: [Substring] {
        var words: [Substring] = []
        var rest = self
        while !rest.isEmpty {
            let name = rest.prefix { $0 == "_" || $0.isLetter || $0.isNumber }
            let word = name.isEmpty ? rest.prefix(1) : name
            words.append(word)
            rest = rest[word.endIndex...]
        }
        return words
    }
}
