import Testing
import TracewireProtocol

@testable import Tracewire

@Suite(.timeLimit(.minutes(5))) struct ReconnectTests {
    @Test func `what was not acknowledged is sent again, as the same batches`() async throws {
        let collector = try await FakeCollector.start()
        var configuration = TracewireConfiguration.test(port: collector.port)
        configuration.batchRecords = 1
        let client = TracewireClient(configuration)
        for name in ["a", "b", "c"] { client.record(.user(name)) }
        let first = try await collector.connection()
        let before = try await first.welcome()
        _ = try await first.batch()
        let second = try await first.batch()
        let third = try await first.batch()
        try await first.acknowledge(1)
        try await first.close()

        let connection = try await collector.connection()
        let after = try await connection.welcome(committed: 1)
        #expect(after.producer == before.producer)
        #expect(after.epoch == before.epoch + 1)
        // Whether the acknowledgement came through before the close is the network's choice.
        #expect(after.nextSequence <= 2)
        let resent = [try await connection.batch(), try await connection.batch()]
        #expect(resent.map(\.sequence) == [2, 3])
        #expect(resent.map(\.bytes) == [second.bytes, third.bytes])
        try await connection.acknowledge(3)
        let report = await client.shutdown(timeout: .seconds(30))
        #expect(report.committed == 3)
        #expect(report.error == nil)
        #expect(client.statistics.reconnects == 1)
    }

    @Test func `what WELCOME says is committed is not sent again, and its verdicts are known to be unseen`()
        async throws
    {
        let collector = try await FakeCollector.start()
        let client = TracewireClient(.test(port: collector.port))
        client.record(.user("a"))
        let first = try await collector.connection()
        try await first.welcome()
        _ = try await first.batch()
        try await first.close()

        let second = try await collector.connection()
        try await second.welcome(committed: 1)
        let report = await client.flush(timeout: .seconds(30))
        #expect(report.committed == 1)
        #expect(report.committedUnseen == 1)
        client.record(.user("b"))
        let batch = try await second.batch()
        #expect(batch.sequence == 2)
        #expect(batch.usernames == ["b"])
        try await second.acknowledge(2)
        _ = await client.shutdown(timeout: .seconds(30))
    }

    @Test(arguments: [Code.producerExpired, .sequenceGap])
    func `a producer that the collector has lost starts anew, with everything it holds`(code: Code) async throws {
        let collector = try await FakeCollector.start()
        var configuration = TracewireConfiguration.test(port: collector.port)
        configuration.batchRecords = 1
        let client = TracewireClient(configuration)
        for name in ["a", "b"] { client.record(.user(name)) }
        let first = try await collector.connection()
        let before = try await first.welcome()
        _ = try await first.batch()
        try await first.acknowledge(1)
        _ = try await first.batch()
        try await first.send(.goaway, Farewell(code: code, message: "unknown producer"))
        try await first.close()

        let second = try await collector.connection()
        let after = try await second.welcome()
        #expect(after.producer != before.producer)
        #expect(after.epoch == 1)
        #expect(after.nextSequence == 1)
        let batch = try await second.batch()
        #expect(batch.sequence == 1)
        #expect(batch.usernames == ["b"])
        try await second.acknowledge(1)
        #expect(await client.shutdown(timeout: .seconds(30)).committed == 2)
    }

    @Test func `a graceful GOAWAY loses nothing`() async throws {
        let collector = try await FakeCollector.start()
        let client = TracewireClient(.test(port: collector.port))
        client.record(.user("a"))
        let first = try await collector.connection()
        try await first.welcome()
        _ = try await first.batch()
        try await first.send(.goaway, Farewell(code: .shuttingDown, message: "stops", retryAfterMs: 1))
        try await first.send(.ping, [UInt8]())
        #expect(try await first.frame().header.type == .pong)
        client.record(.user("b"))
        try await first.acknowledge(1)
        await first.closed()

        let second = try await collector.connection()
        try await second.welcome(committed: 1)
        #expect(try await second.batch().usernames == ["b"])
        try await second.acknowledge(2)
        let report = await client.shutdown(timeout: .seconds(30))
        #expect(report.committed == 2)
        #expect(report.committedUnseen == 0)
    }

    @Test func `a collector that comes later gets what was recorded before`() async throws {
        let place = try await FakeCollector.start()
        try await place.stop()
        let client = TracewireClient(.test(port: place.port))
        client.record(.user("early"))
        let unanswered = await client.flush(timeout: .milliseconds(20))
        #expect(unanswered.unknown == 1)

        let collector = try await FakeCollector.start(port: place.port)
        let connection = try await collector.connection()
        try await connection.welcome()
        #expect(try await connection.batch().usernames == ["early"])
        try await connection.acknowledge(1)
        #expect(await client.shutdown(timeout: .seconds(30)).isComplete)
    }

    @Test func `shutdown does not wait for the backoff`() async throws {
        let place = try await FakeCollector.start()
        try await place.stop()
        var configuration = TracewireConfiguration.test(port: place.port)
        configuration.backoff.initial = .seconds(3600)
        configuration.backoff.maximum = .seconds(3600)
        let client = TracewireClient(configuration)
        client.record(.user("a"))
        while client.statistics.lastError == nil { await Task.yield() }

        let collector = try await FakeCollector.start(port: place.port)
        async let report = client.shutdown(timeout: .seconds(30))
        let connection = try await collector.connection()
        try await connection.welcome()
        try await connection.acknowledge(connection.batch().sequence)
        #expect(await report.isComplete)
    }

    @Test func `flush waits as long as the collector has asked for`() async throws {
        let collector = try await FakeCollector.start()
        let client = TracewireClient(.test(port: collector.port))
        client.record(.user("a"))
        let connection = try await collector.connection()
        _ = try await connection.frame()
        try await connection.send(
            .refuse, Farewell(code: .tooManyConnections, message: "too many", retryAfterMs: 3_600_000))
        await connection.closed()
        #expect(await client.flush(timeout: .milliseconds(20)).unknown == 1)
        _ = await client.shutdown(timeout: .milliseconds(20))
        try await collector.stop()
        await #expect(throws: FakeCollectorError.self) { try await collector.connection() }
    }

    @Test func `flush comes back when the time that the collector has asked for is over, however long the backoff`()
        async throws
    {
        let collector = try await FakeCollector.start()
        var configuration = TracewireConfiguration.test(port: collector.port)
        configuration.backoff.initial = .seconds(3600)
        configuration.backoff.maximum = .seconds(3600)
        let client = TracewireClient(configuration)
        client.record(.user("a"))
        let first = try await collector.connection()
        _ = try await first.frame()
        try await first.send(.refuse, Farewell(code: .tooManyConnections, message: "too many", retryAfterMs: 20))
        await first.closed()
        async let report = client.flush(timeout: .seconds(30))
        let second = try await collector.connection()
        try await second.welcome()
        try await second.acknowledge(second.batch().sequence)
        #expect(await report.isComplete)
        _ = await client.shutdown(timeout: .zero)
    }

    @Test func `a collector that takes a large batch slowly is not taken for dead`() async throws {
        let collector = try await FakeCollector.start(readsEvery: .milliseconds(30))
        var configuration = TracewireConfiguration.test(port: collector.port)
        configuration.compression = .none
        // A frame takes three times as long, and the next PING and its answer wait behind it.
        configuration.silenceTimeout = .milliseconds(2400)
        let client = TracewireClient(configuration)
        client.record(.payload(6 << 20))
        let connection = try await collector.connection()
        try await connection.welcome()
        let batch = try await connection.batch()
        #expect(batch.bytes.count > 6 << 20)
        try await connection.acknowledge(batch.sequence)
        #expect(await client.shutdown(timeout: .seconds(30)).isComplete)
        #expect(client.statistics.reconnects == 0)
    }

    @Test func `when a collector is gone, another of its addresses is tried at once`() async throws {
        let gone = try await FakeCollector.start()
        let port = gone.port
        let collector = try await FakeCollector.start()
        var configuration = TracewireConfiguration.test(port: port)
        configuration.fallbacks = [CollectorAddress(host: "127.0.0.1", port: collector.port)]
        // Would be waited for, were this address the only one.
        configuration.backoff.initial = .seconds(3600)
        configuration.backoff.maximum = .seconds(3600)
        let client = TracewireClient(configuration)
        client.record(.user("a"))
        let first = try await gone.connection()
        try await first.welcome()
        _ = try await first.batch()
        try await gone.stop()
        try await first.close()
        let second = try await collector.connection()
        try await second.welcome()
        #expect(try await second.batch().usernames == ["a"])
        try await second.acknowledge(1)
        #expect(await client.shutdown(timeout: .seconds(30)).committed == 1)
    }
}
