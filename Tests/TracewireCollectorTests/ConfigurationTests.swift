import Configuration
import Testing
import TracewireCollector

@Suite("The collector's configuration")
struct ConfigurationTests {
    @Test("takes what is given and keeps the defaults of the rest; numbers that make no sense are passed over")
    func values() {
        let reader = ConfigReader(
            provider: InMemoryProvider(values: [
                "listen_host": "127.0.0.2", "listen_port": 0, "insecure": true, "query_rows": 10,
                "fail_silent_after_seconds": 60, "metrics_host": "::1", "metrics_port": 9747, "ingest_bytes": -1,
                "query_threads": 0,
            ]))
        var configuration = CollectorConfiguration(databasePath: "a.db")
        configuration.apply(reader)
        #expect(configuration.listenHost == "127.0.0.2")
        #expect(configuration.listenPort == 0)
        #expect(configuration.metricsHost == "::1" && configuration.metricsPort == 9747)
        #expect(configuration.allowsInsecure)
        #expect(configuration.queryRows == 10)
        #expect(configuration.failSilentAfter == .seconds(60))
        #expect(configuration.ingestBytes == 32 << 20)
        #expect(configuration.queryThreads == 4)
        #expect(configuration.maximumConnections == 4096)
        #expect(configuration.databasePath == "a.db")
    }

    @Test("is read from the environment under names that begin with TRACEWIRE_")
    func environment() {
        let provider = EnvironmentVariablesProvider(environmentVariables: [
            "TRACEWIRE_LISTEN_PORT": "4800", "TRACEWIRE_QUERY_TIMEOUT_SECONDS": "3", "LISTEN_PORT": "1",
        ])
        var configuration = CollectorConfiguration(databasePath: "a.db")
        configuration.apply(ConfigReader(provider: provider).scoped(to: "tracewire"))
        #expect(configuration.listenPort == 4800)
        #expect(configuration.queryTimeout == .seconds(3))
    }
}
