/// What every model costs: a user's own prices, and where they say nothing, those of the program.
struct PriceTable {
    private struct Key: Hashable {
        let model: ExactText
        let provider: String?
    }

    /// Those that come first go before the others.
    private let layers: [[Price]]
    /// What fits a model, of each layer: the same few are asked for again and again.
    private var known: [Key: [[Price]]] = [:]

    init(_ layers: [[Price]]) {
        self.layers = layers
    }

    /// The price of a model on a day, in days since 1970; `nil` if there is none, or no telling which.
    mutating func price(model: String, provider: String?, day: Int64) -> Price? {
        for layer in layersThatFit(Key(model: ExactText(model), provider: provider?.lowercased())) {
            let valid = layer.filter { $0.holds(on: day) }
            if !valid.isEmpty { return Self.best(valid, provider: provider) }
        }
        return nil
    }

    private mutating func layersThatFit(_ key: Key) -> [[Price]] {
        if let fitting = known[key] { return fitting }
        let fitting = layers.map { layer in
            layer.filter { price in
                price.model.matches(key.model.text)
                    && (price.provider == nil || key.provider == nil || price.provider == key.provider)
            }
        }
        known[key] = fitting
        return fitting
    }

    private static func best(_ prices: [Price], provider: String?) -> Price? {
        let weight = prices.map(\.model.weight).max()
        var best = prices.filter { $0.model.weight == weight }
        if provider != nil, best.contains(where: { $0.provider != nil }) { best.removeAll { $0.provider == nil } }
        if provider == nil, best.contains(where: { $0.provider == nil }) { best.removeAll { $0.provider != nil } }
        // Of which of several providers a call was is not guessed.
        guard Set(best.map(\.provider)).count == 1 else { return nil }
        return best.max { ($0.from ?? .min) < ($1.from ?? .min) }
    }
}
