/// How one list becomes another, step by step.
enum ListStep: Equatable {
    /// Elements of both lists that belong together.
    case kept(old: Int, new: Int)
    case removed(old: Int)
    case added(new: Int)
}

enum ListDifference {
    /// The steps in order; where something is changed, what goes before what comes. They are as few as possible, unless
    /// elements are repeated in lists that differ in very many places (``CommonElements``).
    ///
    /// - Parameter mostChanges: what ``CommonElements`` keeps in mind.
    static func steps<Element: Hashable>(
        _ old: [Element], _ new: [Element], mostChanges: Int = CommonElements.mostChanges
    ) -> [ListStep] {
        let start = zip(old, new).prefix { $0 == $1 }.count
        let end = zip(old.dropFirst(start).reversed(), new.dropFirst(start).reversed()).prefix { $0 == $1 }.count
        var steps = (0..<start).map { ListStep.kept(old: $0, new: $0) }
        steps += changed(old[start..<old.count - end], new[start..<new.count - end], mostChanges)
        for index in 0..<end { steps.append(.kept(old: old.count - end + index, new: new.count - end + index)) }
        return steps
    }

    private static func changed<Element: Hashable>(
        _ old: ArraySlice<Element>, _ new: ArraySlice<Element>, _ mostChanges: Int
    ) -> [ListStep] {
        guard !old.isEmpty, !new.isEmpty else {
            return old.indices.map { .removed(old: $0) } + new.indices.map { .added(new: $0) }
        }
        // Each element is compared many times, and may be large.
        var numbers: [Element: Int] = [:]
        let oldNumbers = old.map { element in number(element, &numbers) }
        let newNumbers = new.map { element in number(element, &numbers) }
        // What only one of the lists has is no choice, and need not be walked past again and again.
        let (inOld, inNew) = (Set(oldNumbers), Set(newNumbers))
        let oldPlaces = oldNumbers.indices.filter { inNew.contains(oldNumbers[$0]) }
        let newPlaces = newNumbers.indices.filter { inOld.contains(newNumbers[$0]) }
        let common = common(oldPlaces.map { oldNumbers[$0] }, newPlaces.map { newNumbers[$0] }, mostChanges)
        var steps: [ListStep] = []
        var (left, right) = (old.startIndex, new.startIndex)
        for pair in common {
            let kept = (old: old.startIndex + oldPlaces[pair.old], new: new.startIndex + newPlaces[pair.new])
            steps += (left..<kept.old).map { .removed(old: $0) } + (right..<kept.new).map { .added(new: $0) }
            steps.append(.kept(old: kept.old, new: kept.new))
            (left, right) = (kept.old + 1, kept.new + 1)
        }
        return steps + (left..<old.endIndex).map { .removed(old: $0) } + (right..<new.endIndex).map { .added(new: $0) }
    }

    /// Places of what two lists have in common in order, whose elements are in both.
    private static func common(_ old: [Int], _ new: [Int], _ mostChanges: Int) -> [(old: Int, new: Int)] {
        let places = Dictionary(zip(new, new.indices)) { first, _ in first }
        guard places.count == new.count, old.count == new.count else {
            return CommonElements(old, new, mostChanges: mostChanges).pairs
        }
        // Each is there once: what stays in place is what rises.
        let order = old.compactMap { places[$0] }
        return RisingNumbers.longest(in: order).map { ($0, order[$0]) }
    }

    private static func number<Element: Hashable>(_ element: Element, _ numbers: inout [Element: Int]) -> Int {
        if let number = numbers[element] { return number }
        numbers[element] = numbers.count
        return numbers.count - 1
    }
}
