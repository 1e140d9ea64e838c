/// What a model costs from a day on: a row of a file of prices.
struct Price {
    /// The name of a model, or how names begin.
    struct Pattern: Hashable {
        /// Without the `*`.
        let text: String
        let isPrefix: Bool

        init(_ text: String) {
            isPrefix = text.hasSuffix("*")
            self.text = isPrefix ? String(text.dropLast()) : text
        }

        /// Bytes are compared: equal strings need not be equal names.
        func matches(_ model: String) -> Bool {
            isPrefix ? model.utf8.starts(with: text.utf8) : model.utf8.elementsEqual(text.utf8)
        }

        /// How much of a name it fixes: a whole name more than any beginning.
        var weight: Int { isPrefix ? text.utf8.count : .max }
    }

    let model: Pattern
    /// In small letters; `nil` for all.
    let provider: String?
    let currency: String
    let input: Rate
    let cachedInput: Rate
    let output: Rate
    /// The first day on which it holds, in days since 1970; `nil` if it always did.
    let from: Int64?
    /// Where it stands in its file.
    let line: Int

    /// Days since 1970 of which prices are told apart.
    static let millisecondsInDay: Int64 = 86_400_000

    func holds(on day: Int64) -> Bool { from.map { $0 <= day } ?? true }

    /// What tokens cost.
    func cost(of tokens: TokenCounts) -> Money {
        var money = Money(tokens.uncached, at: input)
        money.add(Money(tokens.cached, at: cachedInput))
        money.add(Money(tokens.completion, at: output))
        return money
    }
}

/// What calls used.
struct TokenCounts: Equatable {
    var uncached: Int64 = 0
    var cached: Int64 = 0
    var completion: Int64 = 0

    mutating func add(_ other: TokenCounts) {
        uncached = uncached.addingClamped(other.uncached)
        cached = cached.addingClamped(other.cached)
        completion = completion.addingClamped(other.completion)
    }

    var total: Int64 { uncached.addingClamped(cached).addingClamped(completion) }
}

extension Int64 {
    /// The sum of two counts, or the largest one.
    func addingClamped(_ other: Int64) -> Int64 {
        let (sum, overflowed) = addingReportingOverflow(other)
        return overflowed ? .max : sum
    }
}
