#if DistributedTracing
    import Testing
    import Tracewire
    import TracewireProtocol
    import Tracing

    /// What instrumented code becomes in a collector.
    @Suite(.timeLimit(.minutes(5))) struct TracerTests {
        private struct Failure: Error, CustomStringConvertible {
            var description: String { "the model did not answer" }
        }

        @Test func `a root span is a workflow, the spans in it are nodes, and calls of models generations`()
            async throws
        {
            let sql = """
                SELECT u.username, w.name, w.status, w.user_input, w.final_itinerary, n.node_name, n.node_type, n.status,
                    n.input_data, n.state_data, n.output_data, json_extract(n.metadata, '$."http.status_code"'),
                    g.model_name, g.model_provider, g.system_prompt, g.user_prompt, g.output, g.temperature,
                    g.max_tokens, g.prompt_tokens, g.completion_tokens, g.total_tokens,
                    json_extract(g.metadata, '$."gen_ai.response.id"'), json_extract(g.metadata, '$."gen_ai.prompt"')
                FROM workflows w JOIN users u ON u.id = w.user_id JOIN nodes n ON n.workflow_id = w.id
                JOIN generations g ON g.node_id = n.id
                """
            let rows = try await TracerFixture.recorded(sql) { tracer in
                tracer.withSpan("date-planner") { root in
                    root.attributes["user.id"] = "mina"
                    root.attributes["tracewire.input"] = "성수에서 데이트"
                    root.attributes["tracewire.output"] = #"{"stops":3}"#
                    tracer.withSpan("extract", ofKind: .server) { span in
                        span.attributes["tracewire.input"] = #"{"query":"성수"}"#
                        span.attributes["http.status_code"] = 200
                        tracer.withSpan("chat gpt-4o", ofKind: .client) { call in
                            call.attributes["gen_ai.operation.name"] = "chat"
                            call.attributes["gen_ai.request.model"] = "gpt-4o"
                            call.attributes["gen_ai.provider.name"] = "openai"
                            call.attributes["gen_ai.system_instructions"] = "Be brief."
                            call.attributes["gen_ai.input.messages"] = "Where?"
                            call.attributes["gen_ai.output.messages"] = "성수"
                            call.attributes["gen_ai.request.temperature"] = 0.2
                            call.attributes["gen_ai.request.max_tokens"] = 100
                            call.attributes["gen_ai.usage.input_tokens"] = 10
                            call.attributes["gen_ai.usage.output_tokens"] = 3
                            call.attributes["gen_ai.response.id"] = "r1"
                        }
                        span.attributes["tracewire.state"] = #"{"area":"성수"}"#
                        span.attributes["tracewire.output"] = "found"
                    }
                }
            }
            let expected: [Value] = [
                .text("mina"), .text("date-planner"), .text("completed"), .text("성수에서 데이트"), .text(#"{"stops":3}"#),
                .text("extract"), .text("server"), .text("completed"), .text(#"{"query":"성수"}"#),
                .text(#"{"area":"성수"}"#), .text(#""found""#), .integer(200), .text("gpt-4o"), .text("openai"),
                .text("Be brief."), .text("Where?"), .text("성수"), .real(0.2), .integer(100), .integer(10), .integer(3),
                .integer(13), .text("r1"), .null,
            ]
            #expect(rows == [expected])
        }

        @Test func `what throws has failed, with its message and type, in every record that can say so`() async throws {
            let sql = """
                SELECT w.status, n.node_name, n.node_type, n.status, n.error_message,
                    n.error_traceback LIKE '%Failure: the model did not answer%TracerTests.swift:%',
                    (SELECT group_concat(g.error_message) FROM generations g WHERE g.node_id = n.id)
                FROM workflows w JOIN nodes n ON n.workflow_id = w.id ORDER BY n.execution_order
                """
            let rows = try await TracerFixture.recorded(sql) { tracer in
                #expect(throws: Failure.self) {
                    try tracer.withSpan("w") { _ in
                        try tracer.withSpan("n") { _ in
                            try tracer.withSpan("call") { call in
                                call.attributes["gen_ai.request.model"] = "m"
                                throw Failure()
                            }
                        }
                    }
                }
            }
            let message = Value.text("the model did not answer")
            #expect(
                rows == [
                    [.text("failed"), .text("n"), .text("internal"), .text("failed"), message, .integer(1), message],
                    [.text("failed"), .text("w"), .text("workflow"), .text("failed"), message, .integer(1), .null],
                ])
        }

        @Test func `a cancelled root span is a cancelled workflow, and one whose status is ok completed`() async throws
        {
            let sql = """
                SELECT w.name, w.status, n.status, n.error_message
                FROM workflows w LEFT JOIN nodes n ON n.workflow_id = w.id ORDER BY w.name, n.id
                """
            let rows = try await TracerFixture.recorded(sql) { tracer in
                #expect(throws: CancellationError.self) {
                    try tracer.withSpan("a") { _ in throw CancellationError() }
                }
                let handled = tracer.startSpan("b", context: .topLevel)
                handled.recordError(Failure())
                handled.setStatus(SpanStatus(code: .ok))
                handled.end()
                let failing = tracer.startSpan("c", context: .topLevel)
                failing.setStatus(SpanStatus(code: .error, message: "out of tokens"))
                failing.end()
            }
            #expect(
                rows == [
                    [.text("a"), .text("cancelled"), .null, .null], [.text("b"), .text("completed"), .null, .null],
                    [.text("c"), .text("failed"), .text("failed"), .text("out of tokens")],
                ])
        }

        @Test func `tools and agents are nodes, whatever model they name`() async throws {
            let sql = """
                SELECT n.node_name, n.node_type, n.input_data, n.output_data,
                    json_extract(n.metadata, '$."span.parent_node"') = (
                        SELECT lower(printf('%s-%s-%s-%s-%s', substr(hex(a.uuid), 1, 8), substr(hex(a.uuid), 9, 4),
                            substr(hex(a.uuid), 13, 4), substr(hex(a.uuid), 17, 4), substr(hex(a.uuid), 21)))
                        FROM nodes a WHERE a.node_name = 'agent'),
                    (SELECT COUNT(*) FROM generations)
                FROM nodes n ORDER BY n.execution_order
                """
            let rows = try await TracerFixture.recorded(sql) { tracer in
                tracer.withSpan("w") { _ in
                    tracer.withSpan("agent") { agent in
                        agent.attributes["gen_ai.operation.name"] = "invoke_agent"
                        agent.attributes["gen_ai.request.model"] = "m"
                        tracer.withSpan("search") { tool in
                            tool.attributes["gen_ai.operation.name"] = "execute_tool"
                            tool.attributes["gen_ai.tool.call.arguments"] = #"{"q":1}"#
                            tool.attributes["gen_ai.tool.call.result"] = "[2]"
                        }
                        tracer.withSpan("own") { $0.attributes["tracewire.node.type"] = "planner" }
                    }
                }
            }
            #expect(
                rows == [
                    [.text("agent"), .text("agent"), .null, .null, .null, .integer(0)],
                    [.text("search"), .text("tool"), .text(#"{"q":1}"#), .text("[2]"), .integer(1), .integer(0)],
                    [.text("own"), .text("planner"), .null, .null, .integer(1), .integer(0)],
                ])
        }

        @Test func `what is set after the start was recorded is in the output, or a node of the workflow`() async throws
        {
            let sql = """
                SELECT n.node_name, n.node_type, json_extract(n.metadata, '$.early'), n.output_data,
                    json_extract(n.metadata, '$.late')
                FROM nodes n ORDER BY n.execution_order
                """
            let rows = try await TracerFixture.recorded(sql) { tracer in
                tracer.withSpan("w") { root in
                    tracer.withSpan("n") { span in
                        span.attributes["early"] = 1
                        tracer.withSpan("inner") { _ in }
                        span.attributes["late"] = 2
                    }
                    root.attributes["late"] = 3
                }
            }
            #expect(
                rows == [
                    [.text("n"), .text("internal"), .integer(1), .text(#"{"late":2}"#), .null],
                    [.text("inner"), .text("internal"), .null, .null, .null],
                    [.text("w"), .text("workflow"), .null, .null, .integer(3)],
                ])
        }

        @Test func `a span is bounded, says what it dropped, and takes nothing after its end`() async throws {
            let sql = """
                SELECT (SELECT COUNT(*) FROM json_each(n.metadata) WHERE key LIKE 'k%'),
                    json_extract(n.metadata, '$."span.dropped"'),
                    json_array_length(n.metadata, '$."span.events"'), length(n.node_name), n.status
                FROM nodes n
                """
            let rows = try await TracerFixture.recorded(sql) { tracer in
                let root = tracer.startSpan("", context: .topLevel)
                let span = tracer.startSpan(String(repeating: "가", count: 1000), context: root.context)
                for number in 0..<200 { span.attributes["k\(number)"] = number }
                for number in 0..<40 { span.addEvent(SpanEvent(name: "e\(number)")) }
                for _ in 0..<40 { span.addLink(SpanLink(context: root.context, attributes: [:])) }
                span.end()
                span.end()
                span.recordError(Failure())
                span.setStatus(SpanStatus(code: .error))
                span.attributes["k"] = 1
                span.addEvent("late")
                span.operationName = "late"
                #expect(!span.isRecording)
                #expect(span.attributes.count == 128)
                root.end()
            }
            #expect(rows == [[.integer(128), .integer(72 + 8 + 8), .integer(32), .integer(341), .text("completed")]])
        }

        @Test func `spans in the scope of a workflow and of a node of the same client are part of them`() async throws {
            let sql = """
                SELECT w.name, n.node_name, json_extract(n.metadata, '$."span.parent_node"') IS NOT NULL,
                    (SELECT COUNT(*) FROM generations g WHERE g.node_id = n.id)
                FROM workflows w JOIN nodes n ON n.workflow_id = w.id ORDER BY n.execution_order
                """
            let rows = try await CollectorFixture.run { collector in
                let client = TracewireClient(.test(port: collector.port))
                let tracer = TracewireTracer(client)
                await client.withWorkflow("scope") { workflow in
                    tracer.withSpan("in workflow") { _ in }
                    await workflow.withNode("node", type: "t") { _ in
                        tracer.withSpan("in node") { _ in }
                        tracer.withSpan("call") { $0.attributes["gen_ai.response.model"] = "m" }
                    }
                }
                #expect(await client.shutdown(timeout: .seconds(60)).isComplete)
                return try await collector.rows(sql)
            }
            #expect(
                rows == [
                    [.text("scope"), .text("in workflow"), .integer(0), .integer(0)],
                    [.text("scope"), .text("node"), .integer(0), .integer(1)],
                    [.text("scope"), .text("in node"), .integer(1), .integer(0)],
                ])
        }

        @Test func `bootstrapped, it hears of the spans of code that knows nothing of it`() async {
            // In a process of its own, because that is done once in a process.
            await #expect(processExitsWith: .success) {
                let rows = try await CollectorFixture.run { collector in
                    let client = TracewireClient(.test(port: collector.port))
                    InstrumentationSystem.bootstrap(TracewireTracer(client))
                    await withSpan("w") { _ in
                        await withSpan("n") { _ in await Task.yield() }
                    }
                    _ = await client.shutdown(timeout: .seconds(60))
                    return try await collector.rows(
                        "SELECT w.name, n.node_name FROM workflows w JOIN nodes n ON n.workflow_id = w.id")
                }
                #expect(rows == [[.text("w"), .text("n")]])
            }
        }
    }
#endif
