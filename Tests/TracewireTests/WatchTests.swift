import Testing
import Tracewire
import TracewireProtocol

@Suite(.timeLimit(.minutes(5))) struct WatchTests {
    @Test func `who watches is told of what is committed, and no sooner`() async throws {
        try await CollectorFixture.run { collector in
            let watching = try await QueryClient.connect(port: collector.port, timeout: .seconds(60))
            async let position = watching.watch(after: 0)
            let client = TracewireClient(.test(port: collector.port))
            _ = client.recordUser(username: "mina")
            _ = await client.shutdown(timeout: .seconds(60))
            #expect(try await position == 1)
            #expect(try await watching.watch(after: 0) == 1)
            await watching.close()
        }
    }

    @Test func `a task that is cancelled watches no longer, and the connection goes on`() async throws {
        try await CollectorFixture.run { collector in
            let client = try await QueryClient.connect(port: collector.port, timeout: .seconds(60))
            for _ in 0..<20 {
                let watching = Task { try await client.watch(after: 5) }
                watching.cancel()
                await #expect(throws: CancellationError.self) { try await watching.value }
            }
            #expect(try await client.rows(of: .sql(text: "SELECT 1", parameters: [])) == [[.integer(1)]])
            await client.close()
        }
    }

    @Test func `a connection that is closed ends its watches`() async throws {
        try await CollectorFixture.run { collector in
            let client = try await QueryClient.connect(port: collector.port, timeout: .seconds(60))
            async let watched = client.watch(after: 0)
            _ = try await client.rows(of: .sql(text: "SELECT 1", parameters: []))
            await client.close()
            do {
                _ = try await watched
                Issue.record("nothing was committed")
            } catch {
                #expect((error as? TracewireError)?.reason == .closed)
            }
        }
    }
}
