#if Metrics
    import Metrics
    import MetricsTestKit
    import Testing
    import Tracewire
    import TracewireProtocol

    @Suite(.timeLimit(.minutes(5))) struct ClientMetricsTests {
        @Test func `what was recorded, committed and rejected is counted by the time of the shutdown`() async throws {
            try await CollectorFixture.run { collector in
                let metrics = TestMetrics()
                let client = TracewireClient(.test(port: collector.port))
                client.reportMetrics(to: metrics, dimensions: [("client", "a")], every: .seconds(3600))
                await client.withWorkflow("w") { workflow in await workflow.withNode("n", type: "tool") { _ in } }
                // A node's end without its beginning: the collector parks it.
                client.record(.payload(10))
                _ = await client.shutdown(timeout: .seconds(60))
                let statistics = client.statistics
                let dimensions = [("client", "a")]
                func total(_ name: String) -> Int64 {
                    metrics.counterTotal(label: "tracewire_client_\(name)", dimensions: dimensions)
                }
                #expect(total("records_recorded") == 5)
                #expect(total("records_committed") == 4)
                #expect(total("records_parked") == 1)
                #expect(total("records_rejected") == 0)
                #expect(total("raw_bytes_sent") == statistics.rawBytesSent)
                #expect(total("wire_bytes_sent") == statistics.wireBytesSent)
                #expect(metrics.counters(label: "tracewire_client_records_shed").count == EventKind.allCases.count)
                let queued = try metrics.expectMeter("tracewire_client_queued_bytes", dimensions)
                #expect(queued.values == [0])
            }
        }

        @Test func `what a full queue has shed is counted by kind, and a refusal for itself`() async throws {
            let metrics = TestMetrics()
            let collector = try await FakeCollector.start()
            var configuration = TracewireConfiguration.test(port: collector.port)
            configuration.memoryLimit = 64 << 10
            let client = TracewireClient(configuration)
            client.reportMetrics(to: metrics, every: .seconds(3600))
            for number in 0..<2000 {
                let workflow = client.startWorkflow("w\(number)", userInput: String(repeating: "x", count: 500))
                workflow.end()
            }
            #expect(!client.startWorkflow("w").pendingNode("n", type: "t").end().isQueued)
            _ = await client.shutdown(timeout: .zero)
            let statistics = client.statistics
            let shed = try metrics.expectCounter("tracewire_client_records_shed", [("kind", "workflow.start")])
            let payloads = try metrics.expectCounter("tracewire_client_payloads_shed", [("kind", "workflow.start")])
            #expect(statistics.shed[.workflowStart, default: 0] > 0)
            #expect(shed.totalValue == Int64(statistics.shed[.workflowStart, default: 0]))
            #expect(payloads.totalValue == Int64(statistics.payloadsShed[.workflowStart, default: 0]))
            #expect(metrics.counterTotal(label: "tracewire_client_records_refused") == 1)
            let queued = try metrics.expectMeter("tracewire_client_queued_bytes")
            #expect(queued.lastValue == Double(statistics.queuedBytes))
            #expect(statistics.queuedBytes > 0)
        }

        @Test func `the counters follow while the client works`() async throws {
            try await CollectorFixture.run { collector in
                let metrics = TestMetrics()
                let client = TracewireClient(.test(port: collector.port))
                client.reportMetrics(to: metrics, every: .milliseconds(1))
                // A second call counts nothing twice.
                client.reportMetrics(to: metrics, every: .milliseconds(1))
                await client.withWorkflow("w") { _ in }
                #expect(await client.flush(timeout: .seconds(60)).isComplete)
                while metrics.counterTotal(label: "tracewire_client_records_committed") < 2 {
                    _ = try await collector.rows("SELECT 1")
                }
                _ = await client.shutdown(timeout: .seconds(60))
                #expect(metrics.counterTotal(label: "tracewire_client_records_committed") == 2)
            }
        }
    }

    extension RecordingOutcome {
        fileprivate var isQueued: Bool { if case .queued = self { true } else { false } }
    }
#endif
