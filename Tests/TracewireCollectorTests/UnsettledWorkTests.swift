import NIOConcurrencyHelpers
import Testing

@testable import TracewireCollector

@Suite("Work that is not settled")
struct UnsettledWorkTests {
    @Test("makes a connection wait from the bound on, and tells each once when there is room again")
    func waiting() {
        let work = UnsettledWork(limit: 100)
        let resumed = NIOLockedValueBox<[Int]>([])
        func mustWait(_ number: Int) -> Bool {
            work.mustWait { resumed.withLockedValue { $0.append(number) } }
        }
        work.arrived(99)
        #expect(!mustWait(1))
        work.arrived(51)
        #expect(mustWait(2) && mustWait(3))
        work.settled(50)
        #expect(resumed.withLockedValue { $0 }.isEmpty)
        work.settled(1)
        #expect(resumed.withLockedValue { $0 } == [2, 3])
        work.settled(99)
        #expect(resumed.withLockedValue { $0 } == [2, 3])
        #expect(work.bytes == 0)
    }
}
