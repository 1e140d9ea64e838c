import Logging
import NIOConcurrencyHelpers
import Testing
import TracewireProtocol

@testable import TracewireCollector
@testable import TracewireStore

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
        try run(queue, counters, in: directory)
        #expect(counters.snapshot.commits == 1)
        #expect(answers.withLockedValue { $0 } == [1: 1_000])
    }

    @Test("after a sync that failed nothing is committed, and status says so, until the database was opened anew")
    func failedSync() throws {
        let queue = CommitQueue()
        let counters = CollectorCounters()
        let codes = NIOLockedValueBox<[StoreError.Code?]>([])
        let open: @Sendable (UInt64, @escaping @Sendable () -> Void) -> WriterWork = { epoch, next in
            let opening = ProducerOpening(
                id: Identifier(milliseconds: 1), epoch: epoch, nextSequence: 1, clientName: "c", nowMs: 1)
            return .open(
                PendingOpening(opening: opening) { answer in
                    codes.withLockedValue { $0.append(answer.failureCode) }
                    next()
                })
        }
        _ = queue.append(.perform { $0.note(StoreError(.syncFailed, "the disk is gone")) })
        _ = queue.append(open(1) { _ = queue.append(open(2) { queue.stop() }) })
        try run(queue, counters, in: try TemporaryDirectory())
        #expect(codes.withLockedValue { $0 } == [.syncFailed, nil])
        #expect(counters.snapshot.commitsFailed == 1)
        #expect(counters.snapshot.lastStoreError?.contains("the disk is gone") == true)
    }

    @Test("an idle writer that has much to remove looks after everything else meanwhile")
    func busyRemoving() throws {
        let directory = try TemporaryDirectory()
        let path = directory.path + "/traces.db"
        let writer = try StoreWriter(path: path)
        let opening = ProducerOpening(
            id: Identifier(milliseconds: 1), epoch: 1, nextSequence: 1, clientName: "c", nowMs: 1)
        _ = try writer.commit([], openings: [opening], nowMs: 1)
        // Some steps of maintenance: what a pruning has left.
        for start in 1...40 { try writer.connection.execute("INSERT INTO stale_segments (start) VALUES (\(start))") }
        var turns = WriterTurns(loop(CommitQueue(), CollectorCounters(), path), writer)
        var goesOn = turns.take(.idle)
        #expect(goesOn && turns.patience == 0)
        #expect(try writer.connection.integer("SELECT count(*) FROM producers") == 1)
        goesOn = turns.take(.idle, at: .now + .seconds(61))
        #expect(goesOn && turns.patience == 0)
        #expect(try writer.connection.integer("SELECT count(*) FROM producers") == 0)
    }

    private func loop(_ queue: CommitQueue, _ counters: CollectorCounters, _ path: String) -> WriterLoop {
        WriterLoop(
            configuration: CollectorConfiguration(databasePath: path), databasePath: path, queue: queue,
            counters: counters, unsettled: UnsettledWork(limit: 1, projects: 1), watchers: FeedWatchers(),
            logger: Logger(label: "writer") { _ in SwiftLogNoOpLogHandler() })
    }

    private func run(_ queue: CommitQueue, _ counters: CollectorCounters, in directory: TemporaryDirectory) throws {
        let loop = loop(queue, counters, directory.path + "/traces.db")
        var opened: Result<Void, StoreError>?
        loop.run { opened = $0 }
        try #require(opened).get()
    }
}

extension Result where Failure == StoreError {
    fileprivate var failureCode: StoreError.Code? {
        if case .failure(let error) = self { error.code } else { nil }
    }
}
