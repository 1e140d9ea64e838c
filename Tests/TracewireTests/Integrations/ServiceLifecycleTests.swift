#if ServiceLifecycle
    import Logging
    import ServiceLifecycle
    import Synchronization
    import Testing
    import Tracewire
    import TracewireProtocol

    @Suite(.timeLimit(.minutes(5))) struct ServiceLifecycleTests {
        private static let silent = Logger(label: "services") { _ in SwiftLogNoOpLogHandler() }

        /// Records on its way out, after it was asked to shut down.
        private struct LateRecorder: Service {
            let client: TracewireClient
            let started: @Sendable () async -> Void

            func run() async throws {
                await started()
                try await gracefulShutdown()
                await client.withWorkflow("goodbye") { _ in }
            }
        }

        @Test func `what a service records while the program shuts down is delivered`() async throws {
            try await CollectorFixture.run { collector in
                let client = TracewireClient(.test(port: collector.port))
                let (started, starting) = AsyncStream<Void>.makeStream()
                let group = ServiceGroup(
                    services: [client, LateRecorder(client: client) { starting.finish() }], logger: Self.silent)
                try await withThrowingTaskGroup(of: Void.self) { tasks in
                    tasks.addTask { try await group.run() }
                    for await _ in started {}
                    await group.triggerGracefulShutdown()
                    try await tasks.waitForAll()
                }
                #expect(client.statistics.committed == 2)
                #expect(
                    try await collector.rows("SELECT name, status FROM workflows") == [
                        [.text("goodbye"), .text("completed")]
                    ])
            }
        }

        @Test func `a cancelled task delivers what is left, too`() async throws {
            try await CollectorFixture.run { collector in
                let client = TracewireClient(.test(port: collector.port))
                await client.withWorkflow("w") { _ in }
                let task = Task { await client.run(shutdownTimeout: .seconds(60)) }
                task.cancel()
                await task.value
                #expect(client.statistics.committed == 2)
            }
        }

        @Test func `what could not be delivered is a warning with the counts`() async throws {
            let collector = try await FakeCollector.start()
            let heard = HeardMessages()
            let client = TracewireClient(
                .test(port: collector.port),
                logger: Logger(label: "tracewire") { _ in ListeningLogHandler(heard: heard) })
            await client.withWorkflow("w") { _ in }
            let task = Task { await client.run(shutdownTimeout: .zero) }
            task.cancel()
            await task.value
            let last = try #require(heard.messages.withLock { $0.last })
            #expect(last == "warning tracewire: shut down, and not everything was delivered unknown=2")
        }
    }
#endif
