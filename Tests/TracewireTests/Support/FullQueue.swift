import TracewireProtocol

@testable import Tracewire

/// A client whose queue is full, and what a collector takes of it.
enum FullQueue {
    static func fullClient(_ collector: FakeCollector) -> (client: TracewireClient, workflow: WorkflowHandle) {
        var configuration = TracewireConfiguration.test(port: collector.port)
        configuration.memoryLimit = 64 << 10
        let client = TracewireClient(configuration)
        let workflow = client.startWorkflow("w")
        fill(client)
        return (client, workflow)
    }

    static func fill(_ client: TracewireClient) {
        while client.record(.payload(8000)) == .queued {}
        while client.record(.user("x")) == .queued {}
    }

    /// The next events that come, so many, and the batches that they came in.
    static func events(
        _ count: Int, _ connection: FakeConnection
    ) async throws -> [(event: Event<Slice>, batch: IncomingBatch)] {
        var events: [(Event<Slice>, IncomingBatch)] = []
        while events.count < count {
            let batch = try await connection.batch()
            events += batch.events.map { ($0, batch) }
            try await connection.acknowledge(batch.sequence)
        }
        return events
    }

    /// Takes all that the client holds; returns the connection.
    static func empty(_ client: TracewireClient, _ collector: FakeCollector) async throws -> FakeConnection {
        let connection = try await collector.connection()
        try await connection.welcome()
        try await take(0, client, connection)
        return connection
    }

    /// The same, on a connection that so many records have come over.
    static func take(_ taken: Int, _ client: TracewireClient, _ connection: FakeConnection) async throws {
        var taken = taken
        repeat {
            while taken < client.statistics.recorded {
                let batch = try await connection.batch()
                taken += batch.records.count
                try await connection.acknowledge(batch.sequence)
            }
            await Task.yield()
            // What was shed is reported when there is room.
        } while client.statistics.queuedBytes > 0
    }
}
