#if DistributedTracing
    import Testing
    import TracewireProtocol
    import Tracing

    @testable import Tracewire

    @Suite(.timeLimit(.minutes(5))) struct TracerPropagationTests {
        private struct Headers: Injector, Extractor {
            func inject(_ value: String, forKey key: String, into carrier: inout [String: String]) {
                carrier[key] = value
            }

            func extract(key: String, from carrier: [String: String]) -> String? { carrier[key] }
        }

        @Test func `a span in another process is a node of the same workflow`() async throws {
            let rows = try await CollectorFixture.run { collector in
                let near = TracewireClient(.test(port: collector.port))
                let far = TracewireClient(.test(port: collector.port))
                let nearTracer = TracewireTracer(near, startDelay: .seconds(60))
                let farTracer = TracewireTracer(far, startDelay: .seconds(60))
                let root = nearTracer.startSpan("w", context: .topLevel)
                let asking = nearTracer.startSpan("ask", context: root.context, ofKind: .client)
                var headers: [String: String] = [:]
                nearTracer.inject(asking.context, into: &headers, using: Headers())
                var context = InstrumentationContext.topLevel
                farTracer.extract(headers, into: &context, using: Headers())
                farTracer.withSpan("answer", context: context, ofKind: .server) { _ in
                    farTracer.withSpan("inner") { _ in }
                }
                farTracer.withSpan("call", context: context) { $0.attributes["gen_ai.request.model"] = "m" }
                // The far process is done while the near one's span is under way; what comes before its parent is parked.
                let report = await far.shutdown(timeout: .seconds(60))
                #expect(report.isComplete, "\(report)")
                asking.end()
                root.end()
                #expect(await near.shutdown(timeout: .seconds(60)).isComplete)
                return try await collector.rows(
                    """
                    SELECT w.name, w.status, n.node_name, n.status, n.execution_order,
                        (SELECT COUNT(*) FROM generations g WHERE g.node_id = n.id)
                    FROM workflows w JOIN nodes n ON n.workflow_id = w.id ORDER BY n.execution_order
                    """)
            }
            let (name, status) = (Value.text("w"), Value.text("completed"))
            #expect(
                rows == [
                    [name, status, .text("ask"), status, .integer(1), .integer(1)],
                    [name, status, .text("answer"), status, .integer(2), .integer(0)],
                    [name, status, .text("inner"), status, .integer(3), .integer(0)],
                ])
        }

        @Test(arguments: [
            "", "1", "1;x;y;z",
            "2;01890000-0000-7000-8000-000000000000;00000000-0000-0000-0000-000000000000;0",
            "1;01890000-0000-7000-8000-000000000000;00000000-0000-0000-0000-000000000000;-1",
            "1;01890000-0000-7000-8000-000000000000;00000000-0000-0000-0000-000000000000;9223372036854775807",
            "1;01890000-0000-7000-8000-000000000000;00000000-0000-0000-0000-000000000000;0;",
        ]) func `what is no context is ignored`(text: String) {
            #expect(RemoteContext(text) == nil)
        }

        @Test func `a workflow that is not recorded is not recorded in another process either`() async throws {
            let rows = try await CollectorFixture.run { collector in
                var never = TracewireConfiguration.test(port: collector.port)
                never.sampleRate = 0
                let (near, far) = (TracewireClient(never), TracewireClient(.test(port: collector.port)))
                var headers: [String: String] = [:]
                let root = TracewireTracer(near).startSpan("w", context: .topLevel)
                TracewireTracer(near).inject(root.context, into: &headers, using: Headers())
                var context = InstrumentationContext.topLevel
                let tracer = TracewireTracer(far)
                tracer.extract(headers, into: &context, using: Headers())
                tracer.withSpan("answer", context: context) { _ in tracer.withSpan("inner") { _ in } }
                tracer.withSpan("own", context: .topLevel) { _ in }
                root.end()
                #expect(await near.shutdown(timeout: .seconds(60)).isComplete)
                #expect(await far.shutdown(timeout: .seconds(60)).isComplete)
                return try await collector.rows("SELECT name FROM workflows UNION ALL SELECT node_name FROM nodes")
            }
            #expect(rows == [[.text("own")]])
        }

        @Test func `a client that is off says nothing to other processes`() {
            var configuration = TracewireConfiguration.test(port: 1)
            configuration.isEnabled = false
            let tracer = TracewireTracer(TracewireClient(configuration))
            var headers: [String: String] = [:]
            tracer.inject(tracer.startSpan("w", context: .topLevel).context, into: &headers, using: Headers())
            #expect(headers.isEmpty)
        }

        @Test func `a context reads what it writes`() throws {
            let text = "1;01890000-0000-7000-8000-000000000000;00000000-0000-0000-0000-000000000000;7"
            #expect(try #require(RemoteContext(text)).description == text)
        }

        @Test func `nothing is injected outside of any span`() {
            let client = TracewireClient(.test(port: 1))
            var headers: [String: String] = [:]
            TracewireTracer(client).inject(.topLevel, into: &headers, using: Headers())
            #expect(headers.isEmpty)
        }

        @Test func `a name is cut between characters`() {
            #expect(String(repeating: "가", count: 400).cutToName().utf8.count == 1023)
            #expect("short".cutToName() == "short")
        }
    }
#endif
