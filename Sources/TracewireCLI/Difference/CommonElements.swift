/// What two lists have in common in order: as much as there is, or nearly so where they differ much.
///
/// It walks from change to change on the way with the fewest (Myers, "An O(ND) Difference Algorithm and Its Variations").
/// To find back, a walk keeps how far it came with each number of changes, which takes memory with their square. So it
/// ends after `mostChanges`: what came furthest till then counts, and another walk starts from there. That bounds the
/// memory, to 2 MB, and the time, to the lists' lengths times `mostChanges`, and what is found stays in order.
struct CommonElements {
    static let mostChanges = 1_000

    /// Places in the two lists, both growing.
    private(set) var pairs: [(old: Int, new: Int)] = []
    private let old: [Int]
    private let new: [Int]
    private let mostChanges: Int

    init(_ old: [Int], _ new: [Int], mostChanges: Int = Self.mostChanges) {
        (self.old, self.new, self.mostChanges) = (old, new, max(1, mostChanges))
        var place = (old: 0, new: 0)
        while place.old < old.count, place.new < new.count { place = walk(from: place) }
    }

    /// Appends the pairs of one walk, and gives the places where it ended.
    private mutating func walk(from start: (old: Int, new: Int)) -> (old: Int, new: Int) {
        let ends = (old: old.count - start.old, new: new.count - start.new)
        var trace = WalkTrace(ends)
        for changes in 0...mostChanges {
            for diagonal in stride(from: -changes, through: changes, by: 2) {
                let reached = trace.start(changes, diagonal)
                let place = reached.map { $0 + sameElements(start.old + $0, start.new + $0 - diagonal) }
                trace.append(place)
                if place == ends.old, ends.old - diagonal == ends.new { return finish(trace, changes, diagonal, start) }
            }
        }
        return finish(trace, mostChanges, trace.furthest(mostChanges), start)
    }

    private func sameElements(_ left: Int, _ right: Int) -> Int {
        var count = 0
        while left + count < old.count, right + count < new.count, old[left + count] == new[right + count] {
            count += 1
        }
        return count
    }

    private mutating func finish(
        _ trace: WalkTrace, _ changes: Int, _ diagonal: Int, _ start: (old: Int, new: Int)
    ) -> (old: Int, new: Int) {
        let end = trace.place(changes, diagonal) ?? 0
        pairs += trace.pairs(changes, diagonal).reversed().map { (start.old + $0.old, start.new + $0.new) }
        return (start.old + end, start.new + end - diagonal)
    }
}

/// How far a walk came in the first list, with each number of changes and on each diagonal: a diagonal is by how much that
/// place is before the one in the second list. The diagonals of one number are 2 apart.
private struct WalkTrace {
    private static let unreached: Int32 = -1

    private let ends: (old: Int, new: Int)
    private var places: [Int32] = []

    init(_ ends: (old: Int, new: Int)) {
        self.ends = ends
    }

    /// `nil` where no way leads: it would leave one of the lists.
    func place(_ changes: Int, _ diagonal: Int) -> Int? {
        guard changes >= 0, abs(diagonal) <= changes else { return nil }
        let place = places[changes * (changes + 1) / 2 + (diagonal + changes) / 2]
        return place == Self.unreached ? nil : Int(place)
    }

    mutating func append(_ place: Int?) {
        places.append(place.map(Int32.init) ?? Self.unreached)
    }

    /// Where the last of so many changes leads to.
    func start(_ changes: Int, _ diagonal: Int) -> Int? {
        if changes == 0 { return 0 }
        guard let removed = removal(changes, diagonal) else { return addition(changes, diagonal) }
        return max(removed, addition(changes, diagonal) ?? 0)
    }

    private func addition(_ changes: Int, _ diagonal: Int) -> Int? {
        guard let place = place(changes - 1, diagonal + 1), place - diagonal <= ends.new else { return nil }
        return place
    }

    private func removal(_ changes: Int, _ diagonal: Int) -> Int? {
        guard let place = place(changes - 1, diagonal - 1), place < ends.old else { return nil }
        return place + 1
    }

    /// The diagonal on which most of both lists is passed with so many changes; of several the one nearest to the middle.
    func furthest(_ changes: Int) -> Int {
        var best = (diagonal: 0, passed: -1)
        for diagonal in stride(from: -changes, through: changes, by: 2) {
            guard let place = place(changes, diagonal) else { continue }
            let passed = 2 * place - diagonal
            if passed > best.passed || passed == best.passed && abs(diagonal) < abs(best.diagonal) {
                best = (diagonal, passed)
            }
        }
        return best.diagonal
    }

    /// What the way to there has in common, from its end.
    func pairs(_ changes: Int, _ diagonal: Int) -> [(old: Int, new: Int)] {
        var pairs: [(old: Int, new: Int)] = []
        var diagonal = diagonal
        for changes in stride(from: changes, through: 0, by: -1) {
            guard let end = place(changes, diagonal), let start = start(changes, diagonal) else { break }
            for place in (start..<end).reversed() { pairs.append((place, place - diagonal)) }
            diagonal += addition(changes, diagonal) == start ? 1 : -1
        }
        return pairs
    }
}
