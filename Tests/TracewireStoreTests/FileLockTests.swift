import Glibc
import Testing
import TracewireProtocol

@testable import TracewireStore

/// SQLite's locks say to other programs that a database is in use: the last program that closes it copies its log, and removes it. The
/// kernel takes them from a process that closes any descriptor of the file.
struct FileLockTests {
    @Test func `a database that is opened anew beside readers stays locked against the removal of its log`() throws {
        let recorder = try Recorder()
        try recorder.send(workflowStart(identifier(1)))
        let path = recorder.database.path
        let reader = try StoreReader(path: path)
        #expect(reader.sql("SELECT count(*) FROM workflows").summary.code == .ok)
        #expect(try isLocked(path))
        recorder.writer.abandon()
        let again = try StoreWriter(path: path)
        #expect(try isLocked(path))
        again.close()
        #expect(try isLocked(path))
    }

    /// Whether this process has a lock on the file (proc_locks(5)).
    private func isLocked(_ path: String) throws -> Bool {
        var status = stat()
        try #require(stat(path, &status) == 0)
        let locks = String(decoding: try readFile("/proc/locks"), as: UTF8.self)
        return locks.split(separator: "\n").contains { line in
            let words = line.split(separator: " ")
            return words.contains("POSIX") && words.contains("\(getpid())")
                && words.contains { $0.hasSuffix(":\(status.st_ino)") }
        }
    }
}
