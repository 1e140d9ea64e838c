extension JSONTree {
    /// Up to this many members are compared each with each: for so few that is faster than a table of their keys.
    private static let comparedInPairs = 16

    /// Of members with the same key, keeps the last one's value where the first one stands.
    mutating func dropRepeats(_ members: JSONNode.Children) {
        var firstWithKey: [KeyText: Int] = [:]
        var previous = 0
        var member = members.first
        while member != 0 {
            let next = nodes[member].next
            let first =
                members.count <= Self.comparedInPairs
                ? firstMember(from: members.first, like: member)
                : firstWithKey.getOrInsert(member, for: KeyText(bytes: bytes[nodes[member].key]))
            if first == member {
                previous = member
            } else {
                nodes[first].content = nodes[member].content
                nodes[previous].next = next
            }
            member = next
        }
    }

    private func firstMember(from first: Int, like member: Int) -> Int {
        let key = nodes[member].key
        var candidate = first
        while candidate != member {
            let candidateKey = nodes[candidate].key
            if candidateKey.count == key.count, bytes[candidateKey] == bytes[key] { return candidate }
            candidate = nodes[candidate].next
        }
        return member
    }
}

/// A key as it is written. Hashing its bytes at once is several times faster than an `ArraySlice`'s own way, one by
/// one.
private struct KeyText: Hashable {
    let bytes: ArraySlice<UInt8>

    func hash(into hasher: inout Hasher) {
        bytes.withUnsafeBytes { hasher.combine(bytes: $0) }
    }
}

extension Dictionary {
    /// The value that `key` has already, or `value`, which it has from now on.
    fileprivate mutating func getOrInsert(_ value: Value, for key: Key) -> Value {
        if let present = self[key] { return present }
        self[key] = value
        return value
    }
}
