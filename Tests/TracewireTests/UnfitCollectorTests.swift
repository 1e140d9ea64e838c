import Testing
import TracewireProtocol

@testable import Tracewire

/// A collector that is not there, refuses, does not keep the protocol, or falls silent.
@Suite(.timeLimit(.minutes(5))) struct UnfitCollectorTests {
    @Test func `a compression that was offered, but not granted, is refused`() async throws {
        let collector = try await FakeCollector.start()
        let client = TracewireClient(.test(port: collector.port))
        client.record(.user("a"))
        let connection = try await collector.connection()
        try await connection.welcome(features: [])
        _ = try await connection.batch()
        try await connection.sendCompressed(.ack, Ack(credit: 1 << 20), sequence: 1)
        #expect(try await connection.receive(.goaway, as: Farewell.self).body.code == .missingFeature)
        _ = await client.shutdown(timeout: .zero)
    }

    @Test func `without a collector the report says so`() async throws {
        let place = try await FakeCollector.start()
        try await place.stop()
        let client = TracewireClient(.test(port: place.port))
        client.record(.user("a"))
        var report = await client.flush(timeout: .milliseconds(10))
        while report.error == nil { report = await client.flush(timeout: .milliseconds(10)) }
        #expect(report.error?.contains("no collector at 127.0.0.1:\(place.port)") == true)
        _ = await client.shutdown(timeout: .zero)
    }

    @Test func `a refusal is reported with its reason`() async throws {
        let collector = try await FakeCollector.start()
        var configuration = TracewireConfiguration.test(port: collector.port)
        configuration.token = "secret"
        configuration.backoff.rare = .milliseconds(1)
        let client = TracewireClient(configuration)
        client.record(.user("a"))
        let first = try await collector.connection()
        #expect(try await first.receive(.hello, as: Hello.self).body.token == "secret")
        try await first.send(.refuse, Farewell(code: .unauthorized, message: "the token is unknown"))
        await first.closed()
        // It tries again, but the report of the first attempt stays until a session opens.
        let second = try await collector.connection()
        _ = try await second.frame()
        let report = await client.flush(timeout: .milliseconds(1))
        #expect(
            report.error == "the collector at 127.0.0.1:\(collector.port) refused: the token is unknown; set "
                + "TRACEWIRE_TOKEN to a token that it takes")
        #expect(report.error?.contains("secret") == false)
        _ = await client.shutdown(timeout: .zero)
    }

    @Test func `a client that shows no token where one is asked for is told that it needs one`() async throws {
        let collector = try await FakeCollector.start()
        let client = TracewireClient(.test(port: collector.port))
        client.record(.user("a"))
        let first = try await collector.connection()
        _ = try await first.frame()
        let message = "the collector asks for a token, and none was sent"
        try await first.send(.refuse, Farewell(code: .unauthorized, message: message))
        await first.closed()
        var report = await client.flush(timeout: .milliseconds(1))
        while report.error == nil { report = await client.flush(timeout: .milliseconds(1)) }
        #expect(
            report.error == "the collector at 127.0.0.1:\(collector.port) wants a token: set TRACEWIRE_TOKEN")
        _ = await client.shutdown(timeout: .zero)
    }

    @Test(arguments: [
        "HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\nxxxxxxxxxxxxxxxx", String(repeating: "\0", count: 64),
    ])
    func `somebody else's words end the connection, are told why, and lose nothing`(garbage: String) async throws {
        let collector = try await FakeCollector.start()
        let client = TracewireClient(.test(port: collector.port))
        client.record(.user("a"))
        let first = try await collector.connection()
        _ = try await first.frame()
        try await first.send(Array(garbage.utf8))
        let farewell = try await first.receive(.goaway, as: Farewell.self).body
        #expect(farewell.code == .notTracewire)
        await first.closed()
        _ = await client.shutdown(timeout: .zero)
    }

    @Test func `a broken frame of an open session ends it, and all is sent again`() async throws {
        let collector = try await FakeCollector.start()
        let client = TracewireClient(.test(port: collector.port))
        client.record(.user("a"))
        let first = try await collector.connection()
        try await first.welcome()
        _ = try await first.batch()
        var frame = FrameHeader(.ack, sequence: 1, body: [1, 2].span).encoded() + [1, 2]
        frame[frame.count - 1] ^= 0xff
        try await first.send(frame)
        #expect(try await first.receive(.goaway, as: Farewell.self).body.code == .checksumMismatch)

        let second = try await collector.connection()
        try await second.welcome()
        #expect(try await second.batch().usernames == ["a"])
        try await second.acknowledge(1)
        #expect(await client.shutdown(timeout: .seconds(30)).isComplete)
    }

    @Test func `a collector that falls silent is asked, then left`() async throws {
        let collector = try await FakeCollector.start()
        var configuration = TracewireConfiguration.test(port: collector.port)
        configuration.silenceTimeout = .milliseconds(5)
        let client = TracewireClient(configuration)
        client.record(.user("a"))
        let first = try await collector.connection()
        try await first.welcome()
        await first.closed()
        let second = try await collector.connection()
        _ = try await second.frame()
        #expect(await client.flush(timeout: .zero).error?.contains("PING") == true)
        _ = await client.shutdown(timeout: .zero)
    }

    @Test func `a collector that never answers HELLO is left`() async throws {
        let collector = try await FakeCollector.start()
        var configuration = TracewireConfiguration.test(port: collector.port)
        configuration.connectTimeout = .milliseconds(50)
        let client = TracewireClient(configuration)
        client.record(.user("a"))
        let first = try await collector.connection()
        await first.closed()
        _ = try await collector.connection()
        _ = await client.shutdown(timeout: .zero)
    }
}
