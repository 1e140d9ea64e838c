import Testing
import TracewireProtocol

@testable import Tracewire

/// What a client does with the spools of processes that are gone.
@Suite(.timeLimit(.minutes(5))) struct SpoolAdoptionTests {
    @Test func `a client that was shut down has let go of what others have left, though nobody took it`() async throws {
        let collector = try await FakeCollector.start()
        for _ in 0..<10 {
            let fixture = try SpoolFixture()
            let left = try fixture.queue(destination: "127.0.0.1:\(collector.port)")
            _ = left.append(.user("left"))
            left.abandon()
            var configuration = TracewireConfiguration.test(port: collector.port)
            configuration.spool = .directory(fixture.directory)
            let client = TracewireClient(configuration)
            let connection = try await collector.connection()
            try await connection.welcome()
            #expect(try await connection.batch().usernames == ["left"])
            _ = await client.shutdown(timeout: .milliseconds(1))
            let path = try #require(try SpoolDirectory.spools(in: fixture.directory).first)
            let spool = try #require(try Spool.take(path), "it is still locked")
            #expect(try RecoveredSpool(spool).records == 1)
            spool.owner.release()
        }
        try await collector.stop()
    }
}
