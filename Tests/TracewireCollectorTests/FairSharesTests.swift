import Testing

@testable import TracewireCollector

@Suite("Fair shares")
struct FairSharesTests {
    /// An object, because `#expect` cannot change a value.
    private final class Shares {
        var value: FairShares

        init(of amount: Int, projects: Int = 0) { value = FairShares(of: amount, projects: projects) }

        func takeAll(_ project: String, _ token: String? = nil) -> Int {
            let owner = Owner(project: project, token: token)
            var taken = 0
            while case let left = value.left(to: owner), left > 0 {
                value.take(left, for: owner)
                taken += left
            }
            return taken
        }
    }

    @Test("a project gets no more than it leaves, and of that a token no more than it leaves")
    func halves() {
        let shares = Shares(of: 1024)
        #expect(shares.takeAll("a", "x") == 256)
        #expect(shares.takeAll("a", "y") == 128)
        #expect(shares.takeAll("b", "x") == 160)
        #expect(shares.takeAll("c", "x") == 120)
        #expect(shares.value.taken < 1024)
    }

    @Test("a project's own part is there for it whatever the others have, also if they have more than there was")
    func ownParts() {
        let shares = Shares(of: 1600, projects: 8)
        for project in ["a", "b", "c", "d", "e", "f", "g"] {
            for token in 0..<20 { _ = shares.takeAll(project, "\(token)") }
        }
        #expect(shares.value.taken < 1500)
        shares.value.take(10_000, for: Owner(project: "a"))
        #expect(shares.takeAll("a") == 0)
        #expect(shares.takeAll("h") >= 50)
    }

    @Test("what is given back is there again, for whoever comes")
    func givingBack() {
        let shares = Shares(of: 1600, projects: 4)
        let left = shares.value.left(to: Owner(project: "b"))
        let taken = shares.takeAll("a", "x")
        #expect(shares.value.left(to: Owner(project: "b")) < left)
        shares.value.give(back: taken, of: Owner(project: "a", token: "x"))
        #expect(shares.value.taken == 0)
        #expect(shares.value.left(to: Owner(project: "b")) == left)
        #expect(shares.takeAll("a", "x") == taken)
    }
}
