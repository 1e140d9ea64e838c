import Foundation
import Logging
import Synchronization
import Testing
import TracewireProtocol

@testable import Tracewire

/// Where a client keeps its spool, and what it does without one.
@Suite(.timeLimit(.minutes(5))) struct SpoolPlaceTests {
    @Test func `a directory that cannot be written is said once, and everything is delivered from memory`() async throws
    {
        let collector = try await FakeCollector.start()
        var configuration = TracewireConfiguration.test(port: collector.port)
        // Nobody can make a directory there, whoever one is.
        configuration.spool = .directory("/sys/tracewire/spool")
        let heard = HeardMessages()
        let client = TracewireClient(
            configuration, logger: Logger(label: "test") { _ in ListeningLogHandler(heard: heard) })
        for number in 0..<3 { #expect(client.record(.user("\(number)")) == .queued) }
        let connection = try await collector.connection()
        try await connection.welcome()
        var names: [String] = []
        while names.count < 3 {
            let batch = try await connection.batch()
            names += batch.usernames
            try await connection.acknowledge(batch.sequence)
        }
        #expect(await client.shutdown(timeout: .seconds(30)).isComplete)
        let messages = heard.messages.withLock { $0 }
        #expect(messages.count { $0.contains("the spool cannot be used") } == 1)
    }

    @Test func `a clock that jumps back between two processes loses nothing of either`() throws {
        let fixture = try SpoolFixture()
        // The later process's name sorts before that of the earlier one.
        for (producer, name) in [
            (Identifier(milliseconds: 2_000), "earlier"), (Identifier(milliseconds: 1_000), "later"),
        ] {
            let spool = try Spool.create(in: fixture.directory, producer, "")
            let limits = QueueLimits(
                memory: 1 << 20, disk: 1 << 20, batchBytes: 4096, batchRecords: 100, segmentBytes: 16 << 10)
            let queue = RecordQueue(limits, SegmentFiles(spool))
            // Nor do the times of records go forward.
            for at in [5, 3, 9] as [Int64] {
                _ = queue.append(Record(atMs: at, event: .user(User(username: "\(name)-\(at)"))))
            }
            queue.abandon()
        }
        var names: [String] = []
        for path in try SpoolDirectory.spools(in: fixture.directory) {
            let spool = try #require(try Spool.take(path))
            names += RecordQueue.adopting(spool, try RecoveredSpool(spool)).batches().usernames
        }
        #expect(names == ["later-5", "later-3", "later-9", "earlier-5", "earlier-3", "earlier-9"])
    }
}
