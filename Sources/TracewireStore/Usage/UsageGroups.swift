internal import TracewireProtocol

/// What the generations of one group used.
struct UsageSums {
    var calls: Int64 = 0
    /// Those of which it is not known how many tokens they took.
    var callsWithoutTokens: Int64 = 0
    /// Those of them that ended with an error.
    var failedWithoutTokens: Int64 = 0
    var uncachedTokens: Int64 = 0
    var cachedTokens: Int64 = 0
    var completionTokens: Int64 = 0

    /// - Parameter cached: how many tokens of the prompt came from the provider's cache.
    mutating func add(prompt: Int64?, completion: Int64?, total: Int64?, cached: Int64, isFailed: Bool) {
        calls += 1
        // A count that is missing is what the two others leave. Without either of them it is unknown.
        let prompt = prompt ?? Self.rest(of: total, without: completion)
        let completion = completion ?? Self.rest(of: total, without: prompt)
        if prompt == nil || completion == nil {
            callsWithoutTokens += 1
            failedWithoutTokens += isFailed ? 1 : 0
        }
        // Cached tokens are part of the prompt's, unless they are more: who counts so leaves them out of it.
        let uncached = prompt.map { cached <= $0 ? $0 - cached : $0 } ?? 0
        uncachedTokens = uncachedTokens.addingClamped(uncached)
        cachedTokens = cachedTokens.addingClamped(cached)
        completionTokens = completionTokens.addingClamped(completion ?? 0)
    }

    private static func rest(of total: Int64?, without part: Int64?) -> Int64? {
        guard let total, let part, part <= total else { return nil }
        return total - part
    }
}

/// The generations of one day, by what they are grouped by.
struct UsageGroups {
    struct Group {
        let model: String
        let provider: String?
        /// The user's id, or the workflow's name.
        let owner: Value
        var sums = UsageSums()
    }

    private var groups: [Group] = []
    /// By the bytes of what tells a group from another: equal strings need not be equal bytes.
    private var places: [[UInt8]: Int] = [:]
    /// The key of the current row: a buffer that is used again.
    private var key: [UInt8] = []

    var count: Int { groups.count }

    /// Adds the current row of the statement of ``Usage``.
    mutating func add(_ row: Statement, cached: Int64) {
        key.removeAll(keepingCapacity: true)
        for column: Int32 in [1, 2, 8] {
            // 0xff is in no UTF-8: it ends what stands before it, and a NULL is other than an empty text.
            if !row.isNull(column) { key.append(contentsOf: row.bytes(column)) } else { key.append(0xfe) }
            key.append(0xff)
        }
        let place = places[key] ?? begin(row)
        groups[place].sums.add(
            prompt: row.optionalInteger(3), completion: row.optionalInteger(4), total: row.optionalInteger(5),
            cached: cached, isFailed: row.integer(6) != 0)
    }

    private mutating func begin(_ row: Statement) -> Int {
        let owner: Value = row.isNull(8) ? .null : row.isInteger(8) ? .integer(row.integer(8)) : .text(row.text(8))
        groups.append(
            Group(model: row.text(1), provider: row.isNull(2) ? nil : row.text(2), owner: owner))
        places[key] = groups.count - 1
        return groups.count - 1
    }

    /// The groups in the order of their first generations, and none is left.
    mutating func take() -> [Group] {
        defer {
            groups.removeAll(keepingCapacity: true)
            places.removeAll(keepingCapacity: true)
        }
        return groups
    }
}
