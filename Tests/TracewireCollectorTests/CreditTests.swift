import Synchronization
import Testing
import TracewireProtocol

@testable import TracewireCollector

@Suite("Credit")
struct CreditTests {
    @Test("the pool is never granted beyond its size, and shares are fair")
    func pool() {
        let budget = CreditBudget(bytes: 10 << 20)
        budget.connectionOpened()
        #expect(budget.take(held: 0) == CreditBudget.largestCredit)
        for _ in 0..<9 { budget.connectionOpened() }
        var taken = CreditBudget.largestCredit
        for _ in 0..<20 { taken += budget.take(held: 0) }
        #expect(taken == 10 << 20)
        #expect(budget.take(held: 0) == 0)
        budget.give(back: 1 << 20)
        #expect(budget.take(held: 0) == 1 << 20)
    }

    private func batch(_ connection: Int, _ sequence: UInt64 = 1) -> CreditBudget.LargeBatch {
        CreditBudget.LargeBatch(connection: connection, sequence: sequence)
    }

    @Test("one batch at a time goes beyond the pool; the others come in order, and those that have gone do not")
    func largeBatches() {
        let budget = CreditBudget(bytes: 1)
        let order = Mutex<[Int]>([])
        for connection in 1...5 {
            budget.requestLargeBatch(batch(connection)) { order.withLock { $0.append(connection) } }
        }
        #expect(order.withLock { $0 } == [1])
        budget.releaseLargeBatch(batch(2))
        #expect(order.withLock { $0 } == [1])
        budget.connectionClosed(connection: 3, returning: 0)
        budget.releaseLargeBatch(batch(1))
        #expect(order.withLock { $0 } == [1, 4])
        budget.connectionClosed(connection: 4, returning: 0)
        #expect(order.withLock { $0 } == [1, 4, 5])
    }

    @Test("a connection's next large batch stands behind those of the others, and goes with its connection")
    func nextLargeBatch() {
        let budget = CreditBudget(bytes: 1)
        let order = Mutex<[CreditBudget.LargeBatch]>([])
        let batches = [batch(1, 1), batch(1, 1), batch(2, 7), batch(1, 2), batch(3, 4)]
        for batch in batches { budget.requestLargeBatch(batch) { order.withLock { $0.append(batch) } } }
        // The one that holds it may ask for more.
        #expect(order.withLock { $0 } == [batch(1, 1), batch(1, 1)])
        budget.releaseLargeBatch(batch(1, 1))
        #expect(order.withLock { $0.last } == batch(2, 7))
        budget.releaseLargeBatch(batch(2, 7))
        #expect(order.withLock { $0.last } == batch(1, 2))
        budget.requestLargeBatch(batch(1, 3)) {}
        budget.connectionClosed(connection: 1, returning: 0)
        #expect(order.withLock { $0.last } == batch(3, 4))
    }

    @Test("a ledger returns to the pool exactly what it took")
    func ledger() {
        var ledger = CreditLedger()
        #expect(ledger.replenish(fromPool: 100) == Limits.smallestCredit + 100)
        #expect(ledger.settle(40) == 40)
        #expect(ledger.settle(1000) == 60)
        #expect(ledger.outstanding == Limits.smallestCredit - 940)
        #expect(ledger.replenish(fromPool: 7) == 947)
        ledger.grantedBeyondPool(500)
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
