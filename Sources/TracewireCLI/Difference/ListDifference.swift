/// How one list becomes another, step by step.
enum ListStep: Equatable {
    /// Elements of both lists that belong together.
    case kept(old: Int, new: Int)
    case removed(old: Int)
    case added(new: Int)
}

enum ListDifference {
    /// Elements that are compared, of both lists together and without what they begin and end with alike. The work grows
    /// with the square; of longer lists the rest counts as changed.
    private static let mostCompared = 2_000

    /// The steps in order, as few as possible; where something is changed, what goes before what comes.
    static func steps<Element: Hashable>(_ old: [Element], _ new: [Element]) -> [ListStep] {
        let start = zip(old, new).prefix { $0 == $1 }.count
        let end = zip(old.dropFirst(start).reversed(), new.dropFirst(start).reversed()).prefix { $0 == $1 }.count
        var steps = (0..<start).map { ListStep.kept(old: $0, new: $0) }
        steps += changed(old[start..<old.count - end], new[start..<new.count - end])
        for index in 0..<end { steps.append(.kept(old: old.count - end + index, new: new.count - end + index)) }
        return steps
    }

    private static func changed<Element: Hashable>(
        _ old: ArraySlice<Element>, _ new: ArraySlice<Element>
    ) -> [ListStep] {
        guard !old.isEmpty, !new.isEmpty, old.count + new.count <= mostCompared else {
            return old.indices.map { .removed(old: $0) } + new.indices.map { .added(new: $0) }
        }
        // Each element is compared many times, and may be large.
        var numbers: [Element: Int] = [:]
        let oldNumbers = old.map { element in number(element, &numbers) }
        let newNumbers = new.map { element in number(element, &numbers) }
        let difference = newNumbers.difference(from: oldNumbers)
        let removed = Set(difference.removals.map(place))
        let added = Set(difference.insertions.map(place))
        var steps: [ListStep] = []
        var (left, right) = (0, 0)
        while left < old.count || right < new.count {
            if removed.contains(left) {
                steps.append(.removed(old: old.startIndex + left))
                left += 1
            } else if added.contains(right) {
                steps.append(.added(new: new.startIndex + right))
                right += 1
            } else {
                steps.append(.kept(old: old.startIndex + left, new: new.startIndex + right))
                (left, right) = (left + 1, right + 1)
            }
        }
        return steps
    }

    private static func place(_ change: CollectionDifference<Int>.Change) -> Int {
        switch change {
        case .insert(let offset, _, _), .remove(let offset, _, _): offset
        }
    }

    private static func number<Element: Hashable>(_ element: Element, _ numbers: inout [Element: Int]) -> Int {
        if let number = numbers[element] { return number }
        numbers[element] = numbers.count
        return numbers.count - 1
    }
}
