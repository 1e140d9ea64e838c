/// Stands in for a search of places.
enum PlaceTable {
    static func search(_ kind: Place.Kind, _ intent: Intent) async throws -> Place {
        try await Task.sleep(for: .milliseconds(100))
        let name =
            switch kind {
            case .activity: "\(intent.area) \(activities[intent.theme] ?? "골목")"
            case .cafe: "\(intent.area) 느린 로스터스"
            case .dinner: "\(intent.area) 골목 파스타"
            }
        return Place(name: name, kind: kind, area: intent.area)
    }

    private static let activities = ["전시": "푸른 갤러리", "산책": "강변길", "방탈출": "달빛 방탈출"]
}
