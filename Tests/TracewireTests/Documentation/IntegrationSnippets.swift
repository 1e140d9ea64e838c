import Tracewire

#if ServiceLifecycle
    import Logging
    import ServiceLifecycle
    import UnixSignals

    private func serve(_ planner: any Service, _ logger: Logger) async throws {
        // Snippet begins
        let client = TracewireClient(logger: logger)
        let group = ServiceGroup(
            services: [client, planner], gracefulShutdownSignals: [.sigterm, .sigint], logger: logger)
        try await group.run()
        // Snippet ends
    }
#endif

#if Metrics
    private func measured() -> TracewireClient {
        // Snippet begins
        let client = TracewireClient()
        client.reportMetrics()
        // Snippet ends
        return client
    }
#endif

#if DistributedTracing
    import Tracing

    private func traced(_ ask: () async throws -> String) async throws {
        // Snippet begins
        let client = TracewireClient()
        InstrumentationSystem.bootstrap(TracewireTracer(client))

        try await withSpan("date_course") { span in
            span.attributes["user.id"] = "mina"
            try await withSpan("chat", ofKind: .client) { call in
                call.attributes["gen_ai.request.model"] = "gpt-4o"
                call.attributes["gen_ai.output.messages"] = try await ask()
            }
        }
        // Snippet ends
    }
#endif
