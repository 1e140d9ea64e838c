import Logging
import NIOConcurrencyHelpers
import Testing
import TracewireProtocol
import TracewireStore

@testable import TracewireCollector

@Suite("The writer's loop")
struct WriterLoopTests {
    /// The queue is filled before the loop runs, as it is while a commit is syncing.
    @Test("a thousand producers that open while a commit is syncing are remembered in one commit")
    func openings() throws {
        let directory = try TemporaryDirectory()
        let counters = CollectorCounters()
        let queue = CommitQueue()
        // By how many commits there were when it came.
        let answers = NIOLockedValueBox<[Int: Int]>([:])
        for number in 0..<1_000 {
            let opening = ProducerOpening(
                id: Identifier(milliseconds: Int64(number)), epoch: 1, nextSequence: 1, clientName: "c", nowMs: 1)
            let isQueued = queue.append(
                .open(
                    PendingOpening(opening: opening) { answer in
                        guard case .success(.success(0)) = answer else { return }
                        answers.withLockedValue { $0[counters.snapshot.commits, default: 0] += 1 }
                    }))
            #expect(isQueued)
        }
        queue.stop()
        let path = directory.path + "/traces.db"
        let loop = WriterLoop(
            configuration: CollectorConfiguration(databasePath: path), databasePath: path, queue: queue,
            counters: counters, unsettled: UnsettledWork(limit: 1), watchers: FeedWatchers(), logger: Logger(label: "writer"))
        var opened: Result<Void, StoreError>?
        loop.run { opened = $0 }
        try #require(opened).get()
        #expect(counters.snapshot.commits == 1)
        #expect(answers.withLockedValue { $0 } == [1: 1_000])
    }
}
