import NIOCore
import Testing

@testable import TracewireCollector

@Suite("The rate of a token")
struct IngestRatesTests {
    private let rates = IngestRates(bytesPerSecond: 1_000)
    private let start = NIODeadline.uptimeNanoseconds(10_000_000_000)

    @Test("what is sent beyond a second's worth is waited for, as long as it takes at the rate")
    func waiting() {
        #expect(rates.spend(1_000, token: "a", now: start) == .zero)
        #expect(rates.spend(500, token: "a", now: start) == .milliseconds(500))
        #expect(rates.spend(500, token: "a", now: start) == .seconds(1))
        #expect(rates.spend(0, token: "a", now: start + .seconds(1)) == .zero)
    }

    @Test("a pause gives a second's worth back and no more, and tokens do not wait for each other")
    func pauses() {
        #expect(rates.spend(5_000, token: "a", now: start) == .seconds(4))
        #expect(rates.spend(1_000, token: "b", now: start) == .zero)
        let later = start + .hours(1)
        #expect(rates.spend(1_000, token: "a", now: later) == .zero)
        #expect(rates.spend(1_000, token: "a", now: later) == .seconds(1))
    }

    @Test("tokens that have been silent are forgotten, and those that are waited for are not")
    func forgetting() {
        #expect(rates.spend(5_000, token: "busy", now: start) == .seconds(4))
        for number in 0..<20_000 {
            _ = rates.spend(1, token: "\(number)", now: start + .microseconds(Int64(number) * 50))
        }
        #expect(rates.remembered <= TokenList.most)
        #expect(rates.spend(0, token: "busy", now: start + .seconds(1)) == .seconds(3))
    }
}
