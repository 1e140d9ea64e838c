internal import TracewireProtocol

/// The workflows and nodes met last, bounded: two generations, of which the older is forgotten when the younger is
/// full. What is used moves to the younger one, so that whatever was used lately is there, at the price of a look-up.
struct LiveCache<Entry> {
    private let generationSize: Int
    private var young: [Identifier: Entry] = [:]
    private var old: [Identifier: Entry] = [:]
    /// How often the younger generation has become the older one, and the older one was forgotten.
    private(set) var turns = 0

    /// - Parameter capacity: the most entries kept, at least 2.
    init(capacity: Int) {
        generationSize = max(1, capacity / 2)
        young.reserveCapacity(min(generationSize, 1024))
    }

    var count: Int { young.count + old.count }

    mutating func entry(_ identifier: Identifier) -> Entry? {
        if let entry = young[identifier] { return entry }
        guard let entry = old.removeValue(forKey: identifier) else { return nil }
        insert(entry, identifier)
        return entry
    }

    mutating func insert(_ entry: Entry, _ identifier: Identifier) {
        if young.count >= generationSize {
            turns += 1
            old = young
            young = [:]
            young.reserveCapacity(generationSize)
        }
        young[identifier] = entry
    }

    mutating func remove(_ identifier: Identifier) {
        young[identifier] = nil
        old[identifier] = nil
    }

    mutating func removeAll() {
        young.removeAll()
        old.removeAll()
    }
}
