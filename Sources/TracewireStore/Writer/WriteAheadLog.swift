internal import CSQLite

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

    init(_ connection: Connection, _ limits: StoreLimits) throws(StoreError) {
        self.connection = connection
        self.limits = limits
        // A frame is a page with a header of 24 bytes.
        pageBytes = Int(try connection.integer("PRAGMA page_size")) + 24
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
    }

    private func committed(frames: Int) {
        // The log began anew.
        if frames < self.frames { framesAtLastAttempt = 0 }
        self.frames = frames
    }

    /// Copies the log into the database if it has grown enough since the last time.
    func checkpointIfDue() {
        guard (frames - framesAtLastAttempt) * pageBytes >= limits.checkpointBytes else { return }
        // Neither waits for readers: the connection's busy time is not for checkpoints.
        checkpoint(frames * pageBytes >= limits.truncateBytes ? SQLITE_CHECKPOINT_TRUNCATE : SQLITE_CHECKPOINT_PASSIVE)
    }

    /// A checkpoint that fails loses nothing: the log stays, and the next attempt copies it.
    func checkpoint(_ mode: Int32) {
        sqlite3_busy_timeout(connection.handle, 0)
        defer { sqlite3_busy_timeout(connection.handle, StoreWriter.busyMs) }
        let result = sqlite3_wal_checkpoint_v2(connection.handle, nil, mode, nil, nil)
        framesAtLastAttempt = frames
        if result == SQLITE_OK && mode == SQLITE_CHECKPOINT_TRUNCATE {
            frames = 0
            framesAtLastAttempt = 0
        }
    }
}
