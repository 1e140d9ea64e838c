#if DistributedTracing
    import Testing
    import Tracewire
    import TracewireProtocol
    import Tracing

    /// When spans begin and end, and when that is recorded.
    @Suite(.timeLimit(.minutes(5))) struct TracerTimeTests {
        @Test func `times are those that the spans were given`() async throws {
            let sql = """
                SELECT w.created_at, w.completed_at, n.duration_ms, n.started_at, n.completed_at
                FROM workflows w JOIN nodes n ON n.workflow_id = w.id
                """
            let rows = try await TracerFixture.recorded(sql) { tracer in
                func second(_ number: UInt64) -> DefaultTracerClock.Timestamp {
                    DefaultTracerClock.Timestamp(nanosecondsSinceEpoch: number * 1_000_000_000)
                }
                let root = tracer.startSpan("w", context: .topLevel, at: second(1_000))
                let span = tracer.startSpan("n", context: root.context, at: second(1_001))
                span.end(at: second(1_003))
                root.end(at: second(1_004))
            }
            #expect(
                rows == [
                    [
                        .integer(1_000_000), .integer(1_004_000), .integer(2000), .integer(1_001_000),
                        .integer(1_003_000),
                    ]
                ])
        }

        @Test func `a span that is under way is seen when its start has waited long enough`() async throws {
            try await CollectorFixture.run { collector in
                let client = TracewireClient(.test(port: collector.port))
                let tracer = TracewireTracer(client, startDelay: .milliseconds(1))
                let root = tracer.startSpan("w", context: .topLevel)
                let span = tracer.startSpan("hangs", context: root.context)
                let running: [[Value]] = [[.text("running"), .text("running")]]
                var seen: [[Value]] = []
                while seen != running {
                    _ = await client.flush(timeout: .seconds(60))
                    seen = try await collector.rows(
                        "SELECT w.status, n.status FROM workflows w JOIN nodes n ON n.workflow_id = w.id")
                }
                span.end()
                root.end()
                #expect(await client.shutdown(timeout: .seconds(60)).isComplete)
            }
        }

        @Test func `without a delay the start is recorded at once`() async throws {
            let rows = try await TracerFixture.recorded(startDelay: .zero, "SELECT name, status FROM workflows") {
                tracer in
                _ = tracer.startSpan("w", context: .topLevel)
            }
            #expect(rows == [[.text("w"), .text("running")]])
        }

        @Test func `children of one span may begin and end at once`() async throws {
            let sql = "SELECT COUNT(*), COUNT(DISTINCT execution_order), COUNT(completed_at) FROM nodes"
            let rows = try await TracerFixture.recorded(startDelay: .milliseconds(1), sql) { tracer in
                await tracer.withSpan("w") { _ in
                    await withTaskGroup(of: Void.self) { group in
                        for number in 0..<200 {
                            group.addTask { await tracer.withSpan("n\(number)") { _ in await Task.yield() } }
                        }
                    }
                }
            }
            #expect(rows == [[.integer(200), .integer(200), .integer(200)]])
        }
    }
#endif
