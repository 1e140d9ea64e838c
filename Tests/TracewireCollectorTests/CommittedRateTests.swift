import Testing

@testable import TracewireCollector

@Suite("The rate of the last minute")
struct CommittedRateTests {
    private let start = ContinuousClock.now

    @Test("is over the time since the start at first, then over a minute, and forgets what is older")
    func window() {
        var rate = CommittedRate(start: start)
        #expect(rate.rate(at: start) == .init())
        for second in 0..<200 {
            let now = start + .seconds(second)
            rate.add(records: 3, bytes: 200, at: now)
            rate.add(records: 4, bytes: 100, at: now + .milliseconds(999))
            #expect(rate.rate(at: now + .milliseconds(999)) == .init(records: 7, bytes: 300))
        }
        #expect(rate.rate(at: start + .seconds(199 + 30)) == .init(records: 3.5, bytes: 150))
        #expect(rate.rate(at: start + .seconds(199 + 59)) == .init(records: 7.0 / 60, bytes: 5))
        #expect(rate.rate(at: start + .seconds(199 + 60)) == .init())
        #expect(rate.rate(at: start + .seconds(100_000)) == .init())
    }
}
