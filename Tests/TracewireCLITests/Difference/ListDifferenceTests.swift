import Testing

@testable import TracewireCLI

@Suite("What lists have in common")
struct ListDifferenceTests {
    /// Numbers that are the same each time.
    private struct Numbers: RandomNumberGenerator {
        var state: UInt64

        mutating func next() -> UInt64 {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return state ^ state >> 29
        }
    }

    private static func list(_ numbers: inout Numbers, length: Int, kinds: Int) -> [Int] {
        (0..<length).map { _ in Int.random(in: 0..<kinds, using: &numbers) }
    }

    /// Steps that turn one list into the other name every element of both once and in order, and keep only what is alike.
    private static func isWay(_ steps: [ListStep], _ old: [Int], _ new: [Int]) -> Bool {
        var (left, right) = (0, 0)
        for step in steps {
            switch step {
            case .kept(let one, let other):
                guard one == left, other == right, old[one] == new[other] else { return false }
                (left, right) = (left + 1, right + 1)
            case .removed(let one):
                guard one == left else { return false }
                left += 1
            case .added(let other):
                guard other == right else { return false }
                right += 1
            }
        }
        return left == old.count && right == new.count
    }

    private static func kept(_ steps: [ListStep]) -> Int {
        steps.count { if case .kept = $0 { true } else { false } }
    }

    /// How many elements two lists have in common in order, by the table of all their beginnings.
    private static func longest(_ old: [Int], _ new: [Int]) -> Int {
        var row = Array(repeating: 0, count: new.count + 1)
        for element in old {
            var next = [0]
            for (place, other) in new.enumerated() {
                next.append(element == other ? row[place] + 1 : max(row[place + 1], next[place]))
            }
            row = next
        }
        return row[new.count]
    }

    @Test("the steps are a way from one list to the other, and no way is shorter", arguments: 1...200)
    func shortest(seed: UInt64) {
        var numbers = Numbers(state: seed)
        let kinds = Int.random(in: 1...12, using: &numbers)
        let old = Self.list(&numbers, length: Int.random(in: 0...30, using: &numbers), kinds: kinds)
        let new = Self.list(&numbers, length: Int.random(in: 0...30, using: &numbers), kinds: kinds)
        let steps = ListDifference.steps(old, new)
        #expect(Self.isWay(steps, old, new))
        #expect(Self.kept(steps) == Self.longest(old, new), "\(old) and \(new)")
    }

    @Test("where there are more changes than are kept in mind, the steps are a way all the same", arguments: 1...200)
    func bounded(seed: UInt64) {
        var numbers = Numbers(state: seed)
        let old = Self.list(&numbers, length: 60, kinds: 8)
        let new = Self.list(&numbers, length: Int.random(in: 20...90, using: &numbers), kinds: 8)
        for mostChanges in [1, 2, 5, 20] {
            let steps = ListDifference.steps(old, new, mostChanges: mostChanges)
            #expect(Self.isWay(steps, old, new), "\(old) and \(new)")
            #expect(Self.kept(steps) > 0)
        }
    }

    @Test("of long lists all that can stay in place is kept, however much else is changed")
    func long() {
        let old = Array(0..<20_000)
        // Each tenth is another one, and the two halves of each hundred are exchanged.
        let new = old.map { place in
            let exchanged = place / 100 * 100 + (place + 50) % 100
            return place % 10 == 0 ? -place - 1 : exchanged
        }
        let steps = ListDifference.steps(old, new)
        #expect(Self.isWay(steps, old, new))
        #expect(Self.kept(steps) == 9_000)
        let turned = Array(old[12_000...] + old[..<12_000])
        #expect(Self.kept(ListDifference.steps(old, turned)) == 12_000)
    }

    @Test("of long lists whose elements are repeated most of that is kept")
    func repeated() {
        var numbers = Numbers(state: 1)
        let (old, new) = (
            Self.list(&numbers, length: 1_500, kinds: 20), Self.list(&numbers, length: 1_500, kinds: 20)
        )
        let steps = ListDifference.steps(old, new)
        #expect(Self.isWay(steps, old, new))
        #expect(Self.kept(steps) * 10 > Self.longest(old, new) * 9)
    }

    @Test("the shortest way between lists whose elements are each there once", arguments: 1...100)
    func once(seed: UInt64) {
        var numbers = Numbers(state: seed)
        let all = Array(0..<30)
        let (old, new) = (all.shuffled(using: &numbers).dropLast(5), all.shuffled(using: &numbers).dropLast(8))
        let steps = ListDifference.steps(Array(old), Array(new))
        #expect(Self.isWay(steps, Array(old), Array(new)))
        #expect(Self.kept(steps) == Self.longest(Array(old), Array(new)))
    }

    @Test("what is removed in a place stands before what is added there")
    func order() {
        #expect(
            ListDifference.steps(["a", "b", "c", "d"], ["a", "x", "y", "d", "z"]) == [
                .kept(old: 0, new: 0), .removed(old: 1), .removed(old: 2), .added(new: 1), .added(new: 2),
                .kept(old: 3, new: 3), .added(new: 4),
            ])
    }

    @Test("elements of arrays are known by the bytes of their id, and words by theirs")
    func bytes() throws {
        let (composed, decomposed) = ("caf\u{e9}", "cafe\u{301}")
        let old = try #require(JSONReading.value(#"[{"id":"\#(composed)","n":1},{"id":"\#(decomposed)","n":2}]"#))
        let new = try #require(JSONReading.value(#"[{"id":"\#(decomposed)","n":2},{"id":"\#(composed)","n":1}]"#))
        let changes = JSONDifference.changes(from: old, to: new)
        #expect(changes.map(\.operation).sorted() == ["add", "remove"])
        let parts = WordDifference("a \(composed) b", "a \(decomposed) b").parts
        #expect(parts == [.same("a "), .removed(composed), .added(decomposed), .same(" b")])
        #expect(JSONReading.value("\"\(composed)\"") != JSONReading.value("\"\(decomposed)\""))
        let accented = JSONChange(path: [.key("~\u{301}"), .key("/\u{308}/")], kind: .removed(.null))
        #expect(Array(accented.pointer.utf8) == Array("/~0\u{301}/~1\u{308}~1".utf8))
    }
}
