#if DistributedTracing
    import Testing
    import Tracewire
    import TracewireProtocol

    /// A tracer whose records go to a real collector.
    enum TracerFixture {
        /// Runs `work` with a tracer, and asks the collector `sql` about what it recorded.
        static func recorded(
            startDelay: Duration = .seconds(60), _ sql: String, _ work: (TracewireTracer) async throws -> Void
        ) async throws -> [[Value]] {
            try await CollectorFixture.run { collector in
                let client = TracewireClient(.test(port: collector.port))
                try await work(TracewireTracer(client, startDelay: startDelay))
                let report = await client.shutdown(timeout: .seconds(60))
                #expect(report.isComplete, "\(report)")
                return try await collector.rows(sql)
            }
        }
    }
#endif
