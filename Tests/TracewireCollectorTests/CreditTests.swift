import Testing
import TracewireProtocol

@testable import TracewireCollector

@Suite("Credit")
struct CreditTests {
    private let budget = CreditBudget(bytes: 32 << 20, projects: 4)

    /// A connection that takes all that it may, and settles nothing.
    private func hoard(_ owner: Owner) -> Int {
        var held = budget.take(for: owner, underWay: 0, held: 0)
        while true {
            let more = budget.take(for: owner, underWay: held + Limits.smallestCredit, held: held)
            guard more > 0 else { return held }
            held += more
        }
    }

    @Test("a connection has little of the pool before it sends, and twice what is under way while it does")
    func growing() {
        let owner = Owner(project: "a")
        var held = budget.take(for: owner, underWay: 0, held: 0)
        #expect(held == CreditBudget.idleCredit)
        held += budget.take(for: owner, underWay: held, held: held)
        #expect(held == 2 * CreditBudget.idleCredit)
        #expect(budget.take(for: owner, underWay: held / 2, held: held) == 0)
        #expect(budget.take(for: owner, underWay: 32 << 20, held: held, least: 32 << 20) == 0)
        held += budget.take(for: owner, underWay: 32 << 20, held: held)
        #expect(held <= CreditBudget.largestCredit)
        #expect(held > 1 << 20)
        budget.give(back: held, of: owner)
        #expect(budget.bytesGranted == 0)
    }

    @Test("whoever hoards what it may have of the pool leaves something for other projects, tokens and connections")
    func hoarding() {
        var hoarded = 0
        for project in ["a", "b", "c"] {
            for token in ["1", "2"] {
                for _ in 0..<50 { hoarded += hoard(Owner(project: project, token: token)) }
                #expect(hoard(Owner(project: project, token: "other \(token)")) > Limits.smallestCredit)
            }
        }
        #expect(hoard(Owner(project: "d")) > 512 << 10)
        #expect(hoarded > 8 << 20)
        #expect(budget.bytesGranted < 32 << 20)
    }

    @Test("a large batch is granted no more at a time than has come of it, and little where the pool has little")
    func steps() {
        #expect(budget.step(of: 1) == 64 << 10)
        #expect(budget.step(of: 1 << 20) == 1 << 20)
        #expect(budget.step(of: 90 << 20) == CreditBudget.largestCredit)
        // What such batches have not used stays with their clients.
        budget.give(back: -(32 << 20), of: Owner(project: "a"))
        #expect(budget.step(of: 90 << 20) == 64 << 10)
    }

    @Test("connections that are idle leave those that send the larger part")
    func idling() {
        let owner = Owner(project: "a")
        for _ in 0..<16 { _ = budget.take(for: owner, underWay: 0, held: 0) }
        #expect(hoard(owner) > 128 << 10)
    }

    @Test("a ledger returns to the pool exactly what it took")
    func ledger() {
        var ledger = CreditLedger()
        #expect(ledger.replenish(fromPool: 100) == Limits.smallestCredit + 100)
        #expect(ledger.settle(40) == 40)
        #expect(ledger.settle(1000) == 60)
        #expect(ledger.outstanding == Limits.smallestCredit - 940)
        #expect(ledger.replenish(fromPool: 7) == 947)
        #expect(ledger.grantedFromPool(30) == 30)
        #expect(ledger.settle(30) == 30)
        #expect(ledger.grantedBeyondPool(500) == 500)
        #expect(ledger.settle(207) == 7)
        #expect(ledger.endLargeBatch() == 300)
        #expect(ledger.pooled == 300)
        #expect(ledger.settle(300) == 300)
        #expect(ledger.outstanding == Limits.smallestCredit)
    }

    @Test("windows are granted while there is memory for them")
    func windows() {
        let budget = WindowBudget(bytes: 3 << 20)
        #expect(budget.grant(wanted: 0) == 0)
        #expect(budget.grant(wanted: 27) == 20)
        #expect(budget.grant(wanted: 20) == 20)
        #expect(budget.grant(wanted: 20) == 0)
        #expect(budget.grant(wanted: 16) == 16)
        budget.give(back: 20)
        #expect(budget.grant(wanted: 20) == 20)
    }
}
