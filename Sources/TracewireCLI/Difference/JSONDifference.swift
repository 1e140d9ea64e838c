/// Finds what turns one JSON value into another: what was added, removed and replaced, as deep as it can be said.
struct JSONDifference {
    private var changes: [JSONChange] = []

    /// - Returns: the changes, to be made in their order.
    static func changes(from old: JSONValue, to new: JSONValue) -> [JSONChange] {
        var difference = JSONDifference()
        difference.compare(old, new, at: [])
        return difference.changes
    }

    private mutating func compare(_ old: JSONValue, _ new: JSONValue, at path: [JSONChange.Step]) {
        switch (old, new) {
        case (.object(let old), .object(let new)): compare(old, new, at: path)
        case (.array(let old), .array(let new)): compare(old, new, at: path)
        default: if old != new { changes.append(JSONChange(path: path, kind: .replaced(old, by: new))) }
        }
    }

    private mutating func compare(_ old: JSONMembers, _ new: JSONMembers, at path: [JSONChange.Step]) {
        for key in old.keys {
            guard let value = old[key] else { continue }
            let place = path + [.key(key)]
            if let other = new[key] {
                compare(value, other, at: place)
            } else {
                changes.append(JSONChange(path: place, kind: .removed(value)))
            }
        }
        for key in new.keys where old[key] == nil {
            if let value = new[key] { changes.append(JSONChange(path: path + [.key(key)], kind: .added(value))) }
        }
    }

    private mutating func compare(_ old: [JSONValue], _ new: [JSONValue], at path: [JSONChange.Step]) {
        if let identity = ElementIdentity(old, new) {
            let steps = ListDifference.steps(
                old.map { ExactText(identity.name($0)) }, new.map { ExactText(identity.name($0)) })
            follow(steps, old, new, at: path, identity)
        } else {
            follow(Self.paired(ListDifference.steps(old, new), old, new), old, new, at: path, nil)
        }
    }

    private mutating func follow(
        _ steps: [ListStep], _ old: [JSONValue], _ new: [JSONValue], at path: [JSONChange.Step],
        _ identity: ElementIdentity?
    ) {
        // In the array as it is when the changes before have been made.
        var index = 0
        for step in steps {
            switch step {
            case .kept(let left, let right):
                compare(
                    old[left], new[right], at: path + [.element(index: index, identity: identity?.name(new[right]))])
                index += 1
            case .removed(let left):
                let place = path + [.element(index: index, identity: identity?.name(old[left]))]
                changes.append(JSONChange(path: place, kind: .removed(old[left])))
            case .added(let right):
                let place = path + [.element(index: index, identity: identity?.name(new[right]))]
                changes.append(JSONChange(path: place, kind: .added(new[right])))
                index += 1
            }
        }
    }

    /// Takes what was removed in one place, and what was added there, for one element that has changed: the first with the
    /// first, and so on, as far as both are of one kind.
    private static func paired(_ steps: [ListStep], _ old: [JSONValue], _ new: [JSONValue]) -> [ListStep] {
        var paired: [ListStep] = []
        var position = 0
        while position < steps.count {
            var (removed, added): ([Int], [Int]) = ([], [])
            while position < steps.count {
                if case .removed(let left) = steps[position] {
                    removed.append(left)
                } else if case .added(let right) = steps[position] {
                    added.append(right)
                } else {
                    break
                }
                position += 1
            }
            let count = zip(removed, added).prefix { old[$0].isContainer == new[$1].isContainer }.count
            paired += zip(removed, added).prefix(count).map { .kept(old: $0, new: $1) }
            paired += removed.dropFirst(count).map { .removed(old: $0) }
            paired += added.dropFirst(count).map { .added(new: $0) }
            if position < steps.count {
                paired.append(steps[position])
                position += 1
            }
        }
        return paired
    }
}

/// The member by which the elements of an array are told apart, wherever they stand.
struct ElementIdentity {
    private static let candidates = ["id", "uuid", "key", "name"]

    private let key: String

    /// `nil` if the elements have none, or one that is not theirs alone.
    init?(_ old: [JSONValue], _ new: [JSONValue]) {
        guard !old.isEmpty, !new.isEmpty,
            let key = Self.candidates.first(where: { Self.isUnique($0, old) && Self.isUnique($0, new) })
        else { return nil }
        self.key = key
    }

    private static func isUnique(_ key: String, _ elements: [JSONValue]) -> Bool {
        var seen: Set<JSONValue> = []
        return elements.allSatisfy { element in
            guard case .object(let members) = element, let value = members[key] else { return false }
            switch value {
            case .string, .number: return seen.insert(value).inserted
            default: return false
            }
        }
    }

    /// `id=7`
    func name(_ element: JSONValue) -> String {
        guard case .object(let members) = element, let value = members[key] else { return "" }
        return "\(key)=\(value.text)"
    }
}
