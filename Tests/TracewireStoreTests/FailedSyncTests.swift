import CSQLite
import Testing
import TracewireProtocol

@testable import TracewireStore

/// What the kernel could not write it takes for written: what a program reads of a file is then not what is on the disk.
struct FailedSyncTests {
    @Test func `after a sync of the log that failed nothing is committed until the database is opened anew`() throws {
        let recorder = try Recorder()
        try recorder.send(user("kim"))
        let batch = try recorder.batch([user("lee")])
        let sync = try FailingSync(recorder.writer.connection, SQLITE_FCNTL_JOURNAL_POINTER)
        #expect(code { try recorder.writer.commit([batch], nowMs: 1) } == .syncFailed)
        sync.mend()
        #expect(recorder.writer.isInDoubt)
        #expect(code { try recorder.writer.commit([batch], nowMs: 1) } == .syncFailed)
        #expect(try recorder.value("SELECT count(*) FROM users") == .integer(1))

        recorder.writer.abandon()
        let again = try StoreWriter(path: recorder.database.path)
        #expect(try again.commit([batch], nowMs: 1) == [.committed([])])
        #expect(!again.isInDoubt)
        #expect(try recorder.value("SELECT count(*) FROM users") == .integer(2))
    }

    @Test func `a sync of the database that fails while the log is copied into it stops commits, too`() throws {
        var limits = StoreLimits()
        limits.checkpointBytes = 1
        let recorder = try Recorder(limits: limits)
        let sync = try FailingSync(recorder.writer.connection, SQLITE_FCNTL_FILE_POINTER)
        #expect(code { try recorder.send(user("kim")) } == .syncFailed)
        sync.mend()
        #expect(recorder.writer.checkpointFailure?.code == .syncFailed)
        #expect(code { try recorder.writer.commit([], nowMs: 1) } == .syncFailed)
    }

    @Test func `what a killed process has left in the log is in the database before more is committed`() throws {
        let recorder = try Recorder()
        try recorder.send(workflowStart(identifier(1)))
        let killed = try TemporaryDatabase()
        for suffix in ["", "-wal"] {
            try writeFile(killed.path + suffix, try readFile(recorder.database.path + suffix))
        }
        let writer = try StoreWriter(path: killed.path)
        // Without the log: a power cut takes what of it was never written.
        let powerless = try TemporaryDatabase()
        try writeFile(powerless.path, try readFile(killed.path))
        #expect(try PlainConnection(powerless.path).value("SELECT count(*) FROM workflows") == .integer(1))
        writer.close()
    }

    @Test func `a log that cannot be copied when the database is opened is copied before the first commit`() throws {
        let recorder = try Recorder()
        try recorder.send(user("kim"))
        let log = try WriteAheadLog(
            recorder.writer.connection, path: recorder.database.path, StoreLimits(), isSettled: false)
        let sync = try FailingSync(recorder.writer.connection, SQLITE_FCNTL_FILE_POINTER)
        #expect(code { try log.settle() } == .syncFailed)
        sync.mend()
        #expect(FileSize.bytes(recorder.database.path + "-wal") > 0)
        try log.settle()
        #expect(FileSize.bytes(recorder.database.path + "-wal") == 0)
    }

    @Test func `a log that somebody reads is written once more as it is, and synced, before more is committed`() throws
    {
        let recorder = try Recorder()
        try recorder.send(user("kim"))
        let path = recorder.database.path
        let reading = try PlainConnection(path, writes: false)
        try reading.execute("BEGIN")
        #expect(try reading.value("SELECT count(*) FROM users") == .integer(1))
        let before = try readFile(path + "-wal")
        let database = try readFile(path)
        let log = try WriteAheadLog(recorder.writer.connection, path: path, StoreLimits(), isSettled: false)
        let sync = try FailingSync(recorder.writer.connection, SQLITE_FCNTL_JOURNAL_POINTER)
        #expect(code { try log.settle() } == .syncFailed)
        sync.mend()
        #expect(try readFile(path) == database)
        let written = try writtenBytes()
        try log.settle()
        #expect(try writtenBytes() - written >= before.count)
        #expect(try readFile(path + "-wal") == before)
        #expect(try reading.value("SELECT count(*) FROM users") == .integer(1))
        try reading.execute("COMMIT")
        try recorder.send(user("lee"))
        #expect(try recorder.value("SELECT count(*) FROM users") == .integer(2))
    }

    /// By this process so far: proc(5).
    private func writtenBytes() throws -> Int {
        let lines = String(decoding: try readFile("/proc/self/io"), as: UTF8.self).split(separator: "\n")
        let line = try #require(lines.first { $0.hasPrefix("wchar: ") })
        return try #require(Int(line.dropFirst(7)))
    }

    private func code(_ body: () throws -> some Any) -> StoreError.Code? {
        do {
            _ = try body()
            return nil
        } catch {
            return (error as? StoreError)?.code
        }
    }
}
