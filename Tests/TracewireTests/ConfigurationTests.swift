import Testing
import TracewireProtocol

@testable import Tracewire

@Suite struct ConfigurationTests {
    @Test func `addresses are read as people write them`() {
        #expect(CollectorAddress("collector:80") == CollectorAddress(host: "collector", port: 80))
        #expect(CollectorAddress("10.0.0.1") == CollectorAddress(host: "10.0.0.1", port: 4747))
        #expect(CollectorAddress("[::1]:9") == CollectorAddress(host: "::1", port: 9))
        #expect(CollectorAddress("[::1]") == CollectorAddress(host: "::1", port: 4747))
        #expect(CollectorAddress(host: "::1", port: 9).description == "[::1]:9")
        for text in ["", ":80", "a:", "a:0", "a:65536", "a:b", "[::1", "[]:1", "::1", "a:1:2", "4747", "a:+1"] {
            #expect(CollectorAddress(text) == nil)
        }
        #expect(CollectorAddress(listening: "a:0") == CollectorAddress(host: "a", port: 0))
        #expect(CollectorAddress(listening: "a:65536") == nil)
    }

    @Test func `the environment sets address, token and whether anything is recorded`() throws {
        let variables = ["TRACEWIRE_CONNECT": "far:1", "TRACEWIRE_TOKEN": "t", "TRACEWIRE_ENABLED": "False"]
        let configuration = try TracewireConfiguration.from { variables[$0] }
        #expect(configuration.address == CollectorAddress(host: "far", port: 1))
        #expect(configuration.token == "t")
        #expect(!configuration.isEnabled)
        let standard = try TracewireConfiguration.from { _ in nil }
        #expect(standard.address == .standard)
        #expect(standard.isEnabled)
        #expect(throws: TracewireError.self) { try TracewireConfiguration.from { _ in "no address:" } }
    }

    @Test(arguments: [
        ("1", true), ("on", true), ("YES", true), ("", true), ("0", false), ("Off", false), ("no", false),
    ])
    func `recording is switched by words for true and false`(word: String, isEnabled: Bool) throws {
        #expect(try TracewireConfiguration.from { $0 == "TRACEWIRE_ENABLED" ? word : nil }.isEnabled == isEnabled)
    }

    @Test func `a misspelt word for false does not mean true`() {
        #expect(throws: TracewireError.self) {
            try TracewireConfiguration.from { $0 == "TRACEWIRE_ENABLED" ? "flase" : nil }
        }
    }

    @Test func `a token does not get into logs with its configuration`() {
        var configuration = TracewireConfiguration()
        configuration.token = "secret"
        var dumped = ""
        dump(configuration, to: &dumped)
        #expect(!dumped.contains("secret"))
        #expect(!"\(configuration)\(String(reflecting: configuration))".contains("secret"))
    }

    @Test func `values out of their range are moved into it`() {
        var configuration = TracewireConfiguration()
        configuration.batchRecords = 1_000_000
        configuration.batchBytes = -1
        configuration.memoryLimit = 0
        configuration.streamWindowLog = 31
        configuration.batchesInFlight = 0
        let clamped = configuration.clamped
        #expect(clamped.batchRecords == 4096)
        #expect(clamped.batchBytes == 1024)
        #expect(clamped.memoryLimit == 64 << 10)
        #expect(clamped.streamWindowLog == Limits.largestWindowLog)
        #expect(clamped.batchesInFlight == 1)
    }

    @Test func `waits double up to the maximum, are jittered, and lie beyond what a collector asks of all`() {
        var random = SystemRandomNumberGenerator()
        var configuration = TracewireConfiguration.Backoff()
        configuration.initial = .milliseconds(100)
        configuration.maximum = .milliseconds(800)
        var backoff = Backoff(configuration)
        for ceiling in [100, 200, 400, 800, 800, 800] {
            let wait = backoff.next(atLeast: .zero, using: &random)
            #expect(wait >= .milliseconds(ceiling) / 2)
            #expect(wait <= .milliseconds(ceiling))
        }
        for _ in 0..<100 { _ = backoff.next(atLeast: .zero, using: &random) }
        var waits: [Duration] = []
        for _ in 0..<20 { waits.append(backoff.next(atLeast: .seconds(9), using: &random)) }
        #expect(waits.allSatisfy { $0 >= .milliseconds(9_400) && $0 <= .milliseconds(9_800) })
        #expect(Set(waits).count > 10)
        backoff.reset()
        #expect(backoff.next(atLeast: .zero, using: &random) <= .milliseconds(100))
        #expect(backoff.rare(atLeast: .zero, using: &random) >= .seconds(30))
    }
}
