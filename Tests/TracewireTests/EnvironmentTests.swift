import Glibc
import Logging
import Synchronization
import Testing
import TracewireProtocol

@testable import Tracewire

/// In processes of their own, because each has one environment.
@Suite struct EnvironmentTests {
    @Test func `a client without a configuration does what the environment says`() async {
        await #expect(processExitsWith: .success) {
            setenv("TRACEWIRE_CONNECT", "far.example:1, near.example:2", 1)
            setenv("TRACEWIRE_TOKEN", "t", 1)
            setenv("TRACEWIRE_SAMPLE_RATE", "0.25", 1)
            setenv("TRACEWIRE_SPOOL", "memory", 1)
            let client = TracewireClient()
            #expect(client.core.configuration.address == CollectorAddress(host: "far.example", port: 1))
            #expect(client.core.configuration.fallbacks == [CollectorAddress(host: "near.example", port: 2)])
            #expect(client.core.configuration.token == "t")
            #expect(client.core.configuration.sampleRate == 0.25)
        }
    }

    @Test func `a client with a configuration does what that says`() async {
        await #expect(processExitsWith: .success) {
            setenv("TRACEWIRE_CONNECT", "far.example:1", 1)
            unsetenv("XDG_STATE_HOME")
            unsetenv("HOME")
            #expect(TracewireClient(TracewireConfiguration()).core.configuration.address == .standard)
        }
    }

    @Test func `an environment that names no address switches the client off, says so once, and stops nothing`() async {
        await #expect(processExitsWith: .success) {
            setenv("TRACEWIRE_CONNECT", "far.example:port", 1)
            let heard = HeardMessages()
            let client = TracewireClient(logger: Logger(label: "test") { _ in ListeningLogHandler(heard: heard) })
            #expect(client.recordUser(username: "mina") == .closed)
            #expect(client.recordUser(username: "kim") == .closed)
            let report = await client.shutdown(timeout: .seconds(60))
            #expect(report.error?.contains("TRACEWIRE_CONNECT") == true)
            let messages = heard.messages.withLock { $0 }
            #expect(messages.count == 1)
            #expect(messages.first?.contains("error tracewire: nothing is recorded: TRACEWIRE_CONNECT") == true)
        }
    }
}
