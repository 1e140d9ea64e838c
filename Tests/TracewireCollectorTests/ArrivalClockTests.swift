import NIOCore
import Testing
import TracewireProtocol

@testable import TracewireCollector

@Suite("The time of a frame or batch that arrives")
struct ArrivalClockTests {
    private let rate = Limits.leastBytesPerSecond

    private func isOverdue(_ clock: ArrivalClock, at seconds: Int64) -> Bool {
        clock.isOverdue(patience: .seconds(30), now: at(seconds))
    }

    private func at(_ seconds: Int64) -> NIODeadline { .uptimeNanoseconds(UInt64(seconds) * 1_000_000_000) }

    @Test("runs from the beginning, and single bytes gain nothing")
    func trickle() {
        var clock = ArrivalClock()
        #expect(!isOverdue(clock, at: 1000))
        clock.begin(bytes: 1, now: at(100))
        for second in 101...129 {
            clock.arrived(bytes: 1)
            clock.begin(bytes: 1, now: at(Int64(second)))
            #expect(!isOverdue(clock, at: Int64(second)))
        }
        #expect(isOverdue(clock, at: 131))
        clock.end()
        #expect(!isOverdue(clock, at: 1000))
    }

    @Test("what comes at the least rate may take its time")
    func steady() {
        var clock = ArrivalClock()
        clock.begin(bytes: 0, now: at(0))
        for second in 1...1000 {
            clock.arrived(bytes: rate)
            #expect(!isOverdue(clock, at: Int64(second)))
        }
        #expect(!isOverdue(clock, at: 1029))
        #expect(isOverdue(clock, at: 1030))
    }

    @Test("stands still while the rest is not the peer's to send")
    func pauses() {
        var clock = ArrivalClock()
        clock.begin(bytes: 0, now: at(0))
        clock.pause(now: at(20))
        #expect(!isOverdue(clock, at: 5000))
        clock.resume(now: at(5000))
        #expect(!isOverdue(clock, at: 5009))
        #expect(isOverdue(clock, at: 5010))
        clock.end()
        clock.pause(now: at(6000))
        clock.begin(bytes: 0, now: at(7000))
        clock.resume(now: at(7010))
        #expect(!isOverdue(clock, at: 7039))
        #expect(isOverdue(clock, at: 7040))
    }
}
