internal import TracewireProtocol

/// What calls cost, by what they are grouped by. Amounts in different currencies stay apart, and so do tokens that have no
/// price.
struct CostReport {
    enum Grouping: String, CaseIterable {
        case model, user, name, day
    }

    /// What tells a row from another: a model and its provider, a user, a workflow's name, or a day.
    struct Key: Hashable {
        var text: ExactText?
        var provider: ExactText?
        /// In milliseconds since 1970.
        var day: Int64 = 0
        /// `nil` for what has no price.
        var currency: String?

        /// For people, and to sort by.
        var name: String { (text?.text ?? "") + (provider.map { " (\($0.text))" } ?? "") }
    }

    /// The calls of a row.
    struct Sums {
        var calls: Int64 = 0
        var callsWithoutTokens: Int64 = 0
        var failedWithoutTokens: Int64 = 0
        var tokens = TokenCounts()
        var cost = Money()

        mutating func add(_ other: Sums) {
            calls = calls.addingClamped(other.calls)
            callsWithoutTokens = callsWithoutTokens.addingClamped(other.callsWithoutTokens)
            failedWithoutTokens = failedWithoutTokens.addingClamped(other.failedWithoutTokens)
            tokens.add(other.tokens)
            cost.add(other.cost)
        }
    }

    let grouping: Grouping
    private var table: PriceTable
    private var groups: [Key: Sums] = [:]
    /// The sum of each currency.
    private(set) var totals: [String: Sums] = [:]
    /// By model and provider, what has no price.
    private var unpriced: [Key: Sums] = [:]
    /// Of all calls, with a price and without.
    private(set) var all = Sums()

    init(_ grouping: Grouping, _ table: PriceTable) {
        self.grouping = grouping
        self.table = table
    }

    /// What to ask for.
    static func request(_ grouping: Grouping, _ filters: [String: Value?]) -> Query.Request {
        let by: Value? =
            switch grouping {
            case .user: .text("user")
            case .name: .text("name")
            case .model, .day: nil
            }
        return .report("usage", filters.merging(["by": by]) { $1 })
    }

    /// Takes a row of the report `usage`.
    mutating func add(_ row: AnswerRow) {
        let (model, provider) = (row.text("model_name") ?? "", row.text("model_provider"))
        let day = row.integer("day") ?? 0
        var sums = Sums(row)
        let price = table.price(model: model, provider: provider, day: day / Price.millisecondsInDay)
        if let price { sums.cost = price.cost(of: sums.tokens) }
        groups[key(row, currency: price?.currency), default: Sums()].add(sums)
        if let price {
            totals[price.currency, default: Sums()].add(sums)
        } else {
            unpriced[Key(text: ExactText(model), provider: provider.map(ExactText.init)), default: Sums()].add(sums)
        }
        all.add(sums)
    }

    private func key(_ row: AnswerRow, currency: String?) -> Key {
        let text = { (column: String) in row.text(column).map(ExactText.init) }
        return switch grouping {
        case .model: Key(text: text("model_name"), provider: text("model_provider"), currency: currency)
        case .user: Key(text: text("user"), currency: currency)
        case .name: Key(text: text("workflow_name"), currency: currency)
        case .day: Key(day: row.integer("day") ?? 0, currency: currency)
        }
    }

    /// Days in their order; else the dearest first, one currency after the other, and behind them what has no price.
    var rows: [(key: Key, sums: Sums)] {
        groups.map { (key: $0.key, sums: $0.value) }.sorted { one, other in
            if one.key.day != other.key.day { return one.key.day < other.key.day }
            if one.key.currency != other.key.currency {
                return (one.key.currency ?? "~") < (other.key.currency ?? "~")
            }
            if one.sums.cost != other.sums.cost { return one.sums.cost > other.sums.cost }
            if one.sums.tokens.total != other.sums.tokens.total {
                return one.sums.tokens.total > other.sums.tokens.total
            }
            return one.key.name < other.key.name
        }
    }

    /// Models without a price, those with the most tokens first.
    var modelsWithoutPrice: [(key: Key, sums: Sums)] {
        unpriced.map { (key: $0.key, sums: $0.value) }.sorted { one, other in
            let (first, second) = (one.sums.tokens.total, other.sums.tokens.total)
            return first == second ? one.key.name < other.key.name : first > second
        }
    }
}

extension CostReport.Sums {
    /// Without a cost.
    fileprivate init(_ row: AnswerRow) {
        calls = row.integer("calls") ?? 0
        callsWithoutTokens = row.integer("calls_without_tokens") ?? 0
        failedWithoutTokens = row.integer("failed_without_tokens") ?? 0
        tokens = TokenCounts(
            uncached: row.integer("uncached_tokens") ?? 0, cached: row.integer("cached_tokens") ?? 0,
            completion: row.integer("completion_tokens") ?? 0)
    }
}
