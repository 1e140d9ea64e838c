/// Somewhere to go.
public struct Place: Codable, Sendable {
    public enum Kind: String, Codable, CaseIterable, Sendable {
        case activity, cafe, dinner
    }

    public let name: String
    public let kind: Kind
    public let area: String
}

/// What the planner makes of a wish.
public struct Itinerary: Codable, Sendable {
    public struct Stop: Codable, Sendable {
        /// Time of day, as `HH:MM`.
        public let at: String
        public let place: String
    }

    public let title: String
    public let stops: [Stop]
}

/// What was understood of a wish.
struct Intent: Codable, Sendable {
    let area: String
    let theme: String
}

/// All that is known so far. Each node records it whole, so that one sees afterwards what it changed.
struct PlanState: Encodable, Sendable {
    let wish: String
    var intent: Intent?
    var places: [Place] = []
    var itinerary: Itinerary?
}
