internal import CSQLite
internal import Glibc
public import TracewireProtocol

/// What became of a batch.
public enum BatchOutcome: Equatable, Sendable {
    /// Durable and visible, but for the records that the verdicts name. Records without a verdict were accepted.
    case committed([Verdict])
    /// The batch was committed before. Nothing was done.
    case duplicate
    /// The batch is not the producer's next one: nothing was done, and its connection has to end.
    case refused(ProtocolViolation)
}

/// What became of a group of batches and openings, in their order.
public struct GroupOutcome: Equatable, Sendable {
    /// One for each batch.
    public let batches: [BatchOutcome]
    /// One for each opening: the last committed sequence of the producer; or `producer_expired` if it is unknown and
    /// claims to have sent before, `sequence_gap` if it skips batches, `stale_epoch` if the epoch is not above all earlier
    /// ones.
    public let openings: [Result<UInt64, ProtocolViolation>]
}

/// The only connection that writes to the database or checkpoints it. Confined to one thread.
///
/// After an error nothing of the call has been committed, and it may be made again.
public final class StoreWriter {
    /// How long a write waits for another program that holds the database's lock, in milliseconds.
    static let busyMs: Int32 = 1_000
    /// Batches whose bytes are held in place at a time: pinning one takes a stack frame.
    static let pinnedBatches = 64

    let path: String
    let connection: Connection
    let applier: RecordApplier
    let producers: Producers
    let segmentRows: SegmentRows
    let compaction: Compaction
    let pruning: Pruning
    let silent: SilentWorkflows
    /// When the last step of pruning was done.
    var prunedAt: ContinuousClock.Instant?
    let log: WriteAheadLog
    private var lock: DatabaseLock?
    private var failedCommit: StoreError?
    private var doubt: StoreError? { failedCommit ?? log.doubt }
    var pace = MaintenancePace()
    /// The clock at the last commit of batches.
    private(set) var commitMs: Int64 = 0
    /// Records that were kept as rejected since this was made, at once or after they had been parked.
    public private(set) var rejections: Int

    /// The number of the last event that is durable and visible; 0 before the first. See the report `events`.
    public var feedPosition: UInt64 { UInt64(clamping: applier.feed.position) }

    /// Whether a sync has failed, or the log is damaged. Nobody knows then what is on the disk, and a later sync that succeeds does not
    /// say it: the kernel takes what it could not write for written. Nothing is committed any more: ``abandon()`` this, and open the
    /// database anew.
    public var isInDoubt: Bool { doubt != nil }

    /// Why the log could not be copied into the database the last time; `nil` if it could. Nothing is lost by that, but the log
    /// grows.
    public var checkpointFailure: StoreError? { log.failure }

    /// Opens the database at `path`, makes it if there is none (readable for its owner only), and migrates it.
    ///
    /// The directory has to exist. Until ``close()`` no other writer can open the same path.
    /// - Parameter rejections: where the count of rejected records goes on.
    /// - Throws: `already_in_use`, `cannot_open`, `read_only`, `not_a_database`, `newer_schema`, `corrupt`, or what the disk says.
    public init(path: String, limits: StoreLimits = StoreLimits(), rejections: Int = 0) throws(StoreError) {
        self.rejections = rejections
        // SQLite would keep the one in a file without a name and the other in memory, both gone with the process.
        guard !path.isEmpty, path != ":memory:" else {
            throw StoreError(.cannotOpen, "a database needs the name of a file to be kept in. Name one.")
        }
        // A link leads to the file that SQLite opens: both names have to share a lock.
        let path = DatabasePath.resolved(path)
        self.path = path
        try DatabaseHeader.check(path)
        lock = try DatabaseLock(database: path)
        try LogCheck.run(database: path)
        try Rewriting.run(path)
        try Self.makeFile(path)
        connection = try Connection(path: path, flags: SQLITE_OPEN_READWRITE)
        sqlite3_busy_timeout(connection.handle, Self.busyMs)
        guard sqlite3_db_readonly(connection.handle, "main") == 0 else {
            throw StoreError(.readOnly, "\(path) cannot be written. Make the file and its directory writable.")
        }
        // On a full disk it cannot be done now: then the first commit needs it, and what is there can be read until then.
        // Nothing is written before it, which a commit that was not synced and one that is broken off over it would leave a riddle.
        var isSettled = true
        do throws(StoreError) {
            try WriteAheadLog.settle(connection)
        } catch {
            guard try connection.integer("PRAGMA user_version") == Migrations.newestVersion else { throw error }
            isSettled = false
        }
        try Migrations.migrate(connection, path: path)
        try connection.execute(
            """
            PRAGMA synchronous = FULL;
            PRAGMA foreign_keys = ON;
            PRAGMA trusted_schema = OFF;
            PRAGMA cache_size = -\(limits.cacheBytes >> 10);
            """)
        sqlite3_wal_autocheckpoint(connection.handle, 0)
        do throws(StoreError) {
            // On a full disk it goes on under the name that it had: events are the same ones as long as nothing is put back.
            if isSettled { try Feed.begin(connection, nowMs: WallClock.nowMs()) }
        } catch {
            guard error.code != .syncFailed else { throw error }
        }
        log = try WriteAheadLog(connection, path: path, limits, isSettled: isSettled)
        segmentRows = try SegmentRows(connection)
        applier = try RecordApplier(connection, segmentRows, limits)
        compaction = try Compaction(connection, segmentRows)
        pruning = try Pruning(connection, segmentRows, applier.rollups)
        producers = try Producers(connection, capacity: limits.liveProducers)
        silent = try SilentWorkflows(connection, applier.rollups, applier.feed)
    }

    /// Commits a group of batches, and lets producers send, in one transaction, durably (`fsync`): first the batches in
    /// their order, then the openings in theirs. An opening fences the producer's older connections.
    ///
    /// A batch or an opening that is refused, and records that are rejected or parked, leave the rest of the group as it
    /// is.
    /// - Parameter nowMs: the collector's clock, in milliseconds since 1970.
    /// - Returns: as many outcomes as there are batches and openings.
    public func commit(
        _ batches: [IncomingBatch], openings: [ProducerOpening], nowMs: Int64
    ) throws(StoreError) -> GroupOutcome {
        commitMs = nowMs
        var outcomes: [BatchOutcome] = []
        outcomes.reserveCapacity(batches.count)
        var opened: [Result<UInt64, ProtocolViolation>] = []
        try write { () throws(StoreError) in
            try applier.rollups.fold(nowMs: nowMs)
            applier.begin(batches: batches.count, nowMs: nowMs)
            outcomes.removeAll(keepingCapacity: true)
            opened.removeAll(keepingCapacity: true)
            for start in stride(from: 0, to: batches.count, by: Self.pinnedBatches) {
                let chunk = batches[start..<min(start + Self.pinnedBatches, batches.count)]
                try apply(chunk, &outcomes)
                try producers.flush(nowMs: nowMs)
            }
            try applier.publish()
            for opening in openings { opened.append(try producers.open(opening)) }
        }
        let settled = zip(outcomes, applier.verdicts).map { outcome, verdicts -> BatchOutcome in
            if case .committed = outcome { .committed(verdicts.sorted { $0.index < $1.index }) } else { outcome }
        }
        return GroupOutcome(batches: settled, openings: opened)
    }

    /// Copies the write-ahead log into the database as far as no reader needs it. Worth calling when nothing else is to
    /// be done: whatever writes does it by itself when the log has grown.
    public func checkpoint() {
        guard lock != nil else { return }
        log.checkpoint(SQLITE_CHECKPOINT_PASSIVE)
    }

    /// Empties the write-ahead log into the database and lets others write. The writer cannot be used any more.
    public func close() {
        guard lock != nil else { return }
        log.checkpoint(SQLITE_CHECKPOINT_TRUNCATE)
        lock = nil
    }

    /// Lets others write, and leaves the log as it is. The writer cannot be used any more.
    public func abandon() {
        lock = nil
    }

    /// One transaction; after a failure nothing of it is remembered.
    func write<Result>(_ body: () throws(StoreError) -> Result) throws(StoreError) -> Result {
        if let doubt { throw doubt }
        guard lock != nil else { throw StoreError(.internalFailure, "the database is closed") }
        try log.settle()
        // Here and not after the commit: the acknowledgements of the last group are on their way by now.
        log.checkpointIfDue()
        if let doubt { throw doubt }
        do throws(StoreError) {
            let result = try connection.transaction { () throws(StoreError) in
                let result = try body()
                try applier.rollups.flush()
                try applier.feed.flush()
                return result
            }
            if let mark = log.takeMark() { lock?.keep(mark) }
            applier.feed.settle()
            rejections += applier.takeRejections()
            return result
        } catch {
            applier.forget()
            producers.forget()
            compaction.forget()
            note(error)
            throw error
        }
    }

    /// Remembers a failure after which nothing can be committed.
    func note(_ error: StoreError) {
        if error.code == .syncFailed { failedCommit = error }
    }

    private func apply(_ chunk: ArraySlice<IncomingBatch>, _ outcomes: inout [BatchOutcome]) throws(StoreError) {
        guard let batch = chunk.first else { return try applier.flush() }
        // Batches are pinned one within the other, because what they say is written after the last of them is decided.
        try batch.bytes.withUnsafeBufferPointer { (bytes) throws(StoreError) in
            let position = outcomes.count
            outcomes.append(try apply(batch, UnsafeRawBufferPointer(bytes), position))
            try apply(chunk.dropFirst(), &outcomes)
        }
    }

    private func apply(
        _ batch: IncomingBatch, _ bytes: UnsafeRawBufferPointer, _ position: Int
    ) throws(StoreError) -> BatchOutcome {
        switch try producers.isNext(producer: batch.producer, epoch: batch.epoch, sequence: batch.sequence) {
        case .failure(let violation): return .refused(violation)
        case .success(false): return .duplicate
        case .success(true): break
        }
        for (index, record) in batch.records.enumerated() {
            let origin = RecordOrigin(
                producer: batch.producer, sequence: batch.sequence, index: UInt32(index), bytes: bytes,
                encoded: record.encoded, batch: position)
            try applier.apply(record, origin)
        }
        try producers.advance(batch.producer, to: batch.sequence)
        return .committed([])
    }

    /// The log and the shared memory beside the file get its permissions from SQLite. One that is there is not opened: see
    /// ``DatabaseFile``.
    private static func makeFile(_ path: String) throws(StoreError) {
        let descriptor = open(path, O_RDONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        if descriptor >= 0 { Glibc.close(descriptor) }
        // What is wrong with the path is said better by opening the database.
    }
}
