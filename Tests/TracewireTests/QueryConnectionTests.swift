import Testing
import Tracewire
import TracewireProtocol

@Suite(.timeLimit(.minutes(5))) struct QueryConnectionTests {
    @Test func `where nobody listens there is no collector`() async throws {
        let place = try await FakeCollector.start()
        try await place.stop()
        let error = await #expect(throws: TracewireError.self) {
            try await QueryClient.connect(port: place.port, timeout: .seconds(60))
        }
        #expect(error?.reason == .noCollector)
        #expect(error?.message.contains("no collector at 127.0.0.1:\(place.port): start one") == true)
    }

    @Test func `where nobody answers there is no collector`() async throws {
        let collector = try await FakeCollector.start()
        let error = await #expect(throws: TracewireError.self) {
            try await QueryClient.connect(port: collector.port, timeout: .milliseconds(50))
        }
        #expect(error?.reason == .noCollector)
    }

    @Test func `a refusal is told with its code, sentence and time`() async throws {
        let collector = try await FakeCollector.start()
        let client = Task { try await QueryClient.connect(port: collector.port, timeout: .seconds(60)) }
        let connection = try await collector.connection()
        _ = try await connection.frame()
        try await connection.send(
            .refuse, Farewell(code: .tooManyConnections, message: "1,000 are connected", retryAfterMs: 100))
        let error = await #expect(throws: TracewireError.self) { try await client.value }
        #expect(error?.reason == .refused)
        #expect(error?.code == .tooManyConnections)
        #expect(error?.retryAfter == .milliseconds(100))
        #expect(error?.message.contains("1,000 are connected") == true)
    }

    @Test func `somebody who speaks something else is told apart from a collector`() async throws {
        let collector = try await FakeCollector.start()
        let client = Task { try await QueryClient.connect(port: collector.port, timeout: .seconds(60)) }
        let connection = try await collector.connection()
        _ = try await connection.frame()
        try await connection.send(Array("HTTP/1.1 400 Bad Request\r\n\r\n".utf8))
        let error = await #expect(throws: TracewireError.self) { try await client.value }
        #expect(error?.reason == .protocolViolation)
        #expect(error?.message.contains("is it a Tracewire collector?") == true)
    }

    @Test func `a compression that was offered, but not granted, is refused`() async throws {
        let collector = try await FakeCollector.start()
        let connecting = Task { try await QueryClient.connect(port: collector.port, timeout: .seconds(60)) }
        let connection = try await collector.connection()
        try await connection.welcome(features: [])
        let client = try await connecting.value
        try await connection.sendCompressed(.summary, Summary(rows: 0), sequence: 1)
        #expect(try await connection.receive(.goaway, as: Farewell.self).body.code == .missingFeature)
        await client.close()
    }

    @Test func `a connection closed before WELCOME is a lost one`() async throws {
        let collector = try await FakeCollector.start()
        let client = Task { try await QueryClient.connect(port: collector.port, timeout: .seconds(60)) }
        let connection = try await collector.connection()
        _ = try await connection.frame()
        try await connection.close()
        let error = await #expect(throws: TracewireError.self) { try await client.value }
        #expect(error?.reason == .connectionLost)
    }
}
