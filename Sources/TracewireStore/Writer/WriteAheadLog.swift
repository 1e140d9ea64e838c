internal import CPageChecksums
internal import CSQLite
internal import Glibc

/// How large the write-ahead log is, and when it is copied into the database.
///
/// SQLite 3.7.0 to 3.51.2 can corrupt a database when one connection resets the log while another writes or checkpoints.
/// So no connection checkpoints by itself, and only the writer's does when it is told to.
final class WriteAheadLog {
    private let connection: Connection
    private let limits: StoreLimits
    private let pageBytes: Int
    /// Frames in the log after the last commit.
    private var frames = 0
    /// Frames at the last attempt, so that a reader that holds the log is not met with an attempt for every commit.
    private var framesAtLastAttempt = 0
    /// Whether nothing that another process had left in the log is there only, or not on the disk.
    private var isSettled: Bool
    /// Why the last checkpoint failed; `nil` if it did not.
    private(set) var failure: StoreError?
    /// That, if nothing may be committed any more: after a sync that failed, and with a log that is damaged, from which commits would
    /// be lost with the next crash.
    var doubt: StoreError? { [.syncFailed, .corrupt].contains(failure?.code) ? failure : nil }

    private let path: String
    private var mark: LogMark?
    /// The salts of the log, and how many of its frames are in the database.
    private var copied: (salts: [UInt8], frames: Int) = ([], 0)
    /// The file, to read how far it goes: it is the same one as long as the connection is open.
    private let descriptor: Int32

    /// - Parameter path: of the database.
    /// - Parameter isSettled: whether ``settle(_:)`` has been done.
    init(_ connection: Connection, path: String, _ limits: StoreLimits, isSettled: Bool) throws(StoreError) {
        self.connection = connection
        self.path = path
        self.isSettled = isSettled
        self.limits = limits
        // A frame is a page with a header of 24 bytes.
        pageBytes = Int(try connection.integer("PRAGMA page_size")) + 24
        descriptor = open(path + "-wal", O_RDONLY | O_CLOEXEC)
        // The hook goes with the connection, which this object keeps alive and which calls it on this thread only.
        sqlite3_wal_hook(
            connection.handle,
            { context, _, _, frames in
                guard let context else { return SQLITE_OK }
                Unmanaged<WriteAheadLog>.fromOpaque(context).takeUnretainedValue().committed(frames: Int(frames))
                return SQLITE_OK
            }, Unmanaged.passUnretained(self).toOpaque())
    }

    deinit {
        sqlite3_wal_hook(connection.handle, nil, nil)
        if descriptor >= 0 { close(descriptor) }
    }

    /// How far it goes, if something was committed to it since this was asked last. It may have begun anew since for a commit that
    /// failed: only one that did not says how many of its frames count.
    func takeMark() -> LogMark? {
        defer { mark = nil }
        return mark
    }

    private func committed(frames: Int) {
        // The log began anew.
        if frames < self.frames { framesAtLastAttempt = 0 }
        self.frames = frames
        mark = LogMark(log: descriptor, frames: frames)
        if let mark, mark.salts != copied.salts { copied = (mark.salts, 0) }
    }

    /// Copies what an earlier process has left in the log into the database, and syncs that. Nothing may be acknowledged before.
    ///
    /// A commit whose sync failed stands whole in the log as the kernel holds it, and perhaps not on the disk: the kernel takes
    /// pages that it could not write for clean, and no later sync of the log writes them
    /// (https://wiki.postgresql.org/wiki/Fsync_Errors). A process that dies then leaves a log from which the next one recovers that
    /// commit, and behind which it writes its own: both would be gone with the power. So the log is written once more first: power that
    /// is lost while it is copied would leave a part of that commit in the database, and nothing from which to mend it.
    ///
    /// A program that reads may keep the log from being emptied. What is in it is copied, and on the disk, then.
    static func settle(_ connection: Connection) throws(StoreError) {
        // A connection that has read nothing does not know of the log, and takes it for copied.
        _ = try connection.integer("SELECT count(*) FROM sqlite_schema")
        var log: UnsafeMutablePointer<sqlite3_file>?
        sqlite3_file_control(connection.handle, "main", SQLITE_FCNTL_JOURNAL_POINTER, &log)
        let rewritten = log_rewrite(log)
        guard rewritten == SQLITE_OK else {
            throw StoreError(sqlite: rewritten, detail: String(cString: sqlite3_errstr(rewritten)))
        }
        let result = sqlite3_wal_checkpoint_v2(connection.handle, nil, SQLITE_CHECKPOINT_TRUNCATE, nil, nil)
        guard [SQLITE_OK, SQLITE_BUSY].contains(result & 0xff) else { throw connection.failure(result) }
    }

    /// Does that if it has not been done, because the disk was full, say.
    func settle() throws(StoreError) {
        guard !isSettled else { return }
        sqlite3_busy_timeout(connection.handle, 0)
        defer { sqlite3_busy_timeout(connection.handle, StoreWriter.busyMs) }
        try Self.settle(connection)
        isSettled = true
    }

    /// Copies the log into the database if it has grown enough since the last time.
    func checkpointIfDue() {
        guard (frames - framesAtLastAttempt) * pageBytes >= limits.checkpointBytes else { return }
        // Neither waits for readers: the connection's busy time is not for checkpoints.
        checkpoint(frames * pageBytes >= limits.truncateBytes ? SQLITE_CHECKPOINT_TRUNCATE : SQLITE_CHECKPOINT_PASSIVE)
    }

    /// A checkpoint that fails loses nothing: the log stays, and the next attempt copies it.
    ///
    /// - Returns: SQLite's result: `SQLITE_BUSY` if somebody reads what the mode needs.
    @discardableResult
    func checkpoint(_ mode: Int32) -> Int32 {
        guard isWhole else {
            // Nor as it closes the database.
            connection.configure(SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1)
            failure = damaged
            return SQLITE_CORRUPT
        }
        sqlite3_busy_timeout(connection.handle, 0)
        defer { sqlite3_busy_timeout(connection.handle, StoreWriter.busyMs) }
        var frames: Int32 = 0
        let result = sqlite3_wal_checkpoint_v2(connection.handle, nil, mode, nil, &frames)
        copied.frames = max(0, Int(frames))
        framesAtLastAttempt = self.frames
        failure = [SQLITE_OK, SQLITE_BUSY].contains(result & 0xff) ? nil : connection.failure(result)
        if result == SQLITE_OK && mode == SQLITE_CHECKPOINT_TRUNCATE {
            self.frames = 0
            framesAtLastAttempt = 0
        }
        return result
    }

    /// Whether what is not in the database yet is what was written. SQLite copies page by page, the newest version of each, until it
    /// finds one that it cannot read: what was copied then makes sense only with a log that is whole.
    private var isWhole: Bool {
        guard frames > copied.frames else { return true }
        guard var log = LogFrames(descriptor) else { return false }
        log.skip(to: copied.frames)
        return (copied.frames..<frames).allSatisfy { _ in log.next()?.continues == true }
    }

    private var damaged: StoreError {
        StoreError(
            .corrupt,
            "\(path)-wal is damaged: nothing is committed until that is mended. Stop the collector, and start it: it says how to go on."
        )
    }
}
