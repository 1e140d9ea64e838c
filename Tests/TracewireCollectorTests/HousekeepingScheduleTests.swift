import Testing

@testable import TracewireCollector

@Suite("When the writer keeps house")
struct HousekeepingScheduleTests {
    private let start = ContinuousClock.now

    private func schedule(failsSilent: Bool, expiry: Duration) -> HousekeepingSchedule {
        HousekeepingSchedule(failsSilent: failsSilent, producersExpireAfter: expiry, start: start)
    }

    @Test("silent workflows are looked for every second, and all producers are looked through once a minute")
    func intervals() {
        var schedule = schedule(failsSilent: true, expiry: .seconds(30 * 86_400))
        #expect(schedule.takeDue(at: start) == [])
        for second in 1..<60 { #expect(schedule.takeDue(at: start + .seconds(second)) == [.failSilentWorkflows]) }
        #expect(schedule.takeDue(at: start + .seconds(59.5)) == [])
        #expect(schedule.takeDue(at: start + .seconds(60)) == [.failSilentWorkflows, .expireProducers])
        #expect(schedule.takeDue(at: start + .seconds(61)) == [.failSilentWorkflows])
    }

    @Test("producers that expire soon are looked for as soon, though not more than once a second")
    func shortExpiry() {
        var schedule = schedule(failsSilent: false, expiry: .seconds(5))
        #expect(schedule.takeDue(at: start + .seconds(4)) == [])
        #expect(schedule.takeDue(at: start + .seconds(5)) == [.expireProducers])
        var shortest = self.schedule(failsSilent: false, expiry: .zero)
        #expect(shortest.takeDue(at: start + .milliseconds(999)) == [])
        #expect(shortest.takeDue(at: start + .seconds(1)) == [.expireProducers])
    }
}
