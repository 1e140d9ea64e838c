import Glibc
import Testing
import TracewireProtocol

@testable import TracewireStore

/// SQLite recovers what stands before damage in a log, and says nothing of the commits behind it.
@Suite(.timeLimit(flippingTime)) struct LogCheckTests {
    /// A database and its log with three commits, as a killed collector leaves them.
    private let killed: TemporaryDatabase
    private let recorder: Recorder
    private let log: [UInt8]

    init() throws {
        recorder = try Recorder()
        recorder.writer.checkpoint()
        for number in 1...3 { try recorder.send(workflowStart(identifier(UInt64(number)))) }
        killed = try TemporaryDatabase()
        for suffix in ["", "-wal"] {
            try writeFile(killed.path + suffix, try readFile(recorder.database.path + suffix))
        }
        log = try readFile(killed.path + "-wal")
    }

    private var frameBytes: Int { 24 + 8192 }
    private var frames: Int { (log.count - 32) / frameBytes }

    /// The frames with which a commit ends, from 0, of the newest round through the file.
    private var commits: [Int] {
        (0..<frames).filter { frame in
            let start = 32 + frame * frameBytes
            return log[start + 4..<start + 8].contains { $0 != 0 } && log[start + 8..<start + 16] == log[16..<24]
        }
    }

    private func isRefused(flipping offset: Int) throws -> Bool {
        var bytes = log
        bytes[offset] ^= 0x10
        try writeFile(killed.path + "-wal", bytes)
        do {
            try StoreWriter(path: killed.path).close()
            return false
        } catch {
            #expect(error.code == .corrupt)
            #expect(error.message.contains("wal_checkpoint(TRUNCATE)"))
            #expect(!error.message.contains("nothing is lost"))
            // What is wrong is still there to be looked at.
            #expect(try readFile(killed.path + "-wal") == bytes)
            return true
        }
    }

    @Test func `a log that lies beside a copy of another database is not copied into that one`() throws {
        let copy = try TemporaryDatabase()
        try PlainConnection(killed.path).execute("VACUUM INTO '\(copy.path)'")
        let backup = try readFile(copy.path)
        try writeFile(killed.path, backup)
        try writeFile(killed.path + "-wal", log)
        let error = #expect(throws: StoreError.self) { try StoreWriter(path: killed.path).close() }
        #expect(error?.code == .corrupt && error?.message.contains("is the log of another database") == true)
        #expect(try readFile(killed.path) == backup)
        unlink(killed.path + "-wal")
        try StoreWriter(path: killed.path).close()
        #expect(try PlainConnection(killed.path).value("SELECT count(*) FROM workflows") == .integer(3))
    }

    @Test func `a damaged log of which all is in the database is said to be superfluous`() throws {
        recorder.writer.checkpoint()
        let mark = try readFile(recorder.database.path + ".lock")
        let copied = try readFile(recorder.database.path)
        for frame in 0..<(try #require(commits.last) + 1) {
            var bytes = log
            bytes[32 + frame * frameBytes + 5_000] ^= 0x10
            try writeFile(killed.path, copied)
            try writeFile(killed.path + "-wal", bytes)
            try writeFile(killed.path + ".lock", mark)
            let error = #expect(throws: StoreError.self) { try StoreWriter(path: killed.path).close() }
            #expect(error?.message.contains("nothing is lost") == true, "frame \(frame): \(error?.message ?? "")")
            unlink(killed.path + "-wal")
            try StoreWriter(path: killed.path).close()
            #expect(try PlainConnection(killed.path).value("SELECT count(*) FROM workflows") == .integer(3))
        }
    }

    @Test func `a log that is as it was written is read`() throws {
        try StoreWriter(path: killed.path).close()
        #expect(try PlainConnection(killed.path).value("SELECT count(*) FROM workflows") == .integer(3))
    }

    @Test func `a database whose log is damaged before the last commit is not opened, and the log is left as it is`()
        throws
    {
        try #require(commits.count >= 3)
        for offset in stride(from: 0, to: 32, by: 3) { #expect(try isRefused(flipping: offset), "header \(offset)") }
        let last = commits[commits.count - 2]
        for frame in 0..<last {
            for offset in [0, 5, 9, 17, 23, 24, 5_000, frameBytes - 1] {
                #expect(try isRefused(flipping: 32 + frame * frameBytes + offset), "frame \(frame), byte \(offset)")
            }
        }
    }

    @Test func `a last commit that is not whole was not acknowledged, and is left out`() throws {
        let start = 32 + (commits[commits.count - 2] + 1) * frameBytes
        #expect(try !isRefused(flipping: start + 30))
        #expect(try PlainConnection(killed.path).value("SELECT count(*) FROM workflows") == .integer(2))
    }

    @Test
    func `a header that was cut by a power failure is no damage where all that stands behind it is in the database`()
        throws
    {
        // As a checkpoint leaves both, before the next commit begins the log anew.
        try PlainConnection(killed.path).execute("PRAGMA wal_checkpoint(FULL)")
        try writeFile(killed.path + "-wal", log)
        for offset in 0..<32 { #expect(try !isRefused(flipping: offset), "header \(offset)") }
        #expect(try PlainConnection(killed.path).value("SELECT count(*) FROM workflows") == .integer(3))
    }

    @Test func `nor is it where a commit that was never finished stands behind that, which is in the database nowhere`()
        throws
    {
        let end = 32 + (try #require(commits.last) + 1) * frameBytes
        // Its last page as the disk has it where the sync of it failed, with the frame's header of the last commit.
        let unfinished = log[end - frameBytes..<end - frameBytes + 24] + [UInt8](repeating: 7, count: frameBytes - 24)
        var cut = Array(log[..<end] + unfinished)
        cut[18] ^= 0x10
        // What was committed is not in the database yet.
        try writeFile(killed.path + "-wal", cut)
        let error = #expect(throws: StoreError.self) { try StoreWriter(path: killed.path).close() }
        #expect(error?.code == .corrupt)
        try writeFile(killed.path + "-wal", log)
        try PlainConnection(killed.path).execute("PRAGMA wal_checkpoint(FULL)")
        try writeFile(killed.path + "-wal", cut)
        try StoreWriter(path: killed.path).close()
        #expect(try PlainConnection(killed.path).value("SELECT count(*) FROM workflows") == .integer(3))
    }

    @Test
    func `behind a damaged header a commit that was acknowledged is looked for, also where its frames are damaged`()
        throws
    {
        try PlainConnection(killed.path).execute("PRAGMA wal_checkpoint(FULL)")
        let copied = try readFile(killed.path)
        try writeFile(killed.path + ".lock", try readFile(recorder.database.path + ".lock"))
        let last = 32 + (try #require(commits.last)) * frameBytes
        var bytes = log
        bytes[0] ^= 0x10
        bytes[last + 5_000] ^= 0x10
        try writeFile(killed.path + "-wal", bytes)
        try StoreWriter(path: killed.path).close()
        // And where it is not in the database.
        let page = Int(LogFrames.number(Array(log[last..<last + 4]), 0)) - 1
        try writeFile(
            killed.path,
            copied[..<(page * 8192 + 5_000)] + [copied[page * 8192 + 5_000] ^ 1] + copied[(page * 8192 + 5_001)...])
        try writeFile(killed.path + "-wal", bytes)
        try writeFile(killed.path + ".lock", try readFile(recorder.database.path + ".lock"))
        let error = #expect(throws: StoreError.self) { try StoreWriter(path: killed.path).close() }
        #expect(error?.code == .corrupt)
    }

    /// A log as a power failure or a bad sector leaves it, and what of it.
    private func opening(_ bytes: [UInt8], mark: Bool) throws -> StoreError? {
        let database = try readFile(killed.path)
        defer { try? writeFile(killed.path, database) }
        try writeFile(killed.path + "-wal", bytes)
        try writeFile(killed.path + ".lock", mark ? try readFile(recorder.database.path + ".lock") : [])
        do {
            try StoreWriter(path: killed.path).close()
            return nil
        } catch {
            return error
        }
    }

    @Test(arguments: [true, false]) func `a first sector that is bad is no header that was cut`(hasMark: Bool) throws {
        var generator = SeededGenerator(seed: 5)
        // One of many frames, and one with a single one.
        let last = 32 + (try #require(commits.last)) * frameBytes
        for log in [log, Array(log[..<32] + log[last..<last + frameBytes])] {
            var logs = (32..<56).map { offset in
                var bytes = log
                bytes[offset] ^= 0x10
                bytes[20] ^= 1
                return bytes
            }
            for count in [512, 4096] {
                logs.append([UInt8](repeating: 0, count: count) + log[count...])
                for _ in 0..<8 {
                    logs.append((0..<count).map { _ in UInt8.random(in: 0...255, using: &generator) } + log[count...])
                }
            }
            for (number, bytes) in logs.enumerated() {
                let error = try opening(bytes, mark: hasMark)
                #expect(error?.code == .corrupt, "log \(number) of \(bytes.count) bytes")
                #expect(error?.message.contains("nothing is lost") != true, "log \(number) of \(bytes.count) bytes")
            }
        }
    }

    @Test(arguments: [true, false]) func `a header that was cut with nothing behind it is no damage`(hasMark: Bool)
        throws
    {
        for length in 32..<56 {
            let bytes = [UInt8](repeating: 0, count: 8) + log[8..<32] + [UInt8](repeating: 0, count: 24)
            #expect(try opening(Array(bytes[..<length]), mark: hasMark) == nil, "\(length) bytes")
        }
    }

    @Test func `pages are not taken for cut off because the frame that says how many there are is damaged`() throws {
        let last = 32 + (try #require(commits.last)) * frameBytes
        for (offset, value) in [(4, [0, 0, 0, 0]), (4, [0, 0, 0, 1]), (0, [0, 1, 0, 0])] as [(Int, [UInt8])] {
            var bytes = log
            bytes.replaceSubrange(last + offset..<last + offset + 4, with: value)
            #expect(try opening(bytes, mark: true)?.message.contains("nothing is lost") == false)
            bytes[3] ^= 1
            #expect(try opening(bytes, mark: true)?.code == .corrupt)
        }
    }

    @Test func `nothing is needed of a log whose header was cut behind the salts of the next round`() throws {
        var bytes = log
        let later = LogFrames.number(log, 16) &+ 1
        for offset in 0..<4 { bytes[16 + offset] = UInt8(later >> (24 - 8 * UInt32(offset)) & 0xff) }
        // One of the two alone can be a byte that has changed.
        #expect(try opening(bytes, mark: true)?.code == .corrupt)
        for offset in 20..<24 { bytes[offset] ^= 0x55 }
        #expect(try opening(bytes, mark: true) == nil)
    }

    @Test func `of a round of which no commit was synced nothing is needed`() throws {
        try PlainConnection(killed.path).execute("PRAGMA wal_checkpoint(FULL)")
        var bytes = log
        bytes[18] ^= 1
        for frame in 1..<frames {
            let salts = 32 + frame * frameBytes + 8
            let later = LogFrames.number(log, salts) &+ 1
            for offset in 0..<4 { bytes[salts + offset] = UInt8(later >> (24 - 8 * UInt32(offset)) & 0xff) }
            for offset in 4..<8 { bytes[salts + offset] ^= 0x55 }
        }
        #expect(try opening(bytes, mark: true) == nil)
    }

    @Test func `a last commit that was acknowledged is not taken for one that was never finished`() throws {
        let mark = try readFile(recorder.database.path + ".lock")
        try writeFile(killed.path + ".lock", mark)
        let start = 32 + (commits[commits.count - 2] + 1) * frameBytes
        for offset in [0, 5, 9, 17, 23, 24, 5_000, frameBytes - 1] {
            #expect(try isRefused(flipping: start + offset), "byte \(offset)")
        }
        // Of an earlier commit, as a power failure may leave it: the last one may be unfinished then.
        let frames = UInt32(commits[commits.count - 2] + 1)
        let earlier = open(killed.path + ".lock", O_WRONLY)
        LogMark(salts: Array(log[16..<24]), frames: frames).write(to: earlier)
        close(earlier)
        #expect(try !isRefused(flipping: start + 30))
        // Of a log that is not there any more.
        try writeFile(killed.path + ".lock", mark)
        try writeFile(killed.path + "-wal", "")
        try StoreWriter(path: killed.path).close()
    }

    @Test func `a byte of the log that is not what was written is noticed, or stands behind what was committed`() throws
    {
        let database = try readFile(killed.path)
        try writeFile(killed.path + ".lock", try readFile(recorder.database.path + ".lock"))
        let end = 32 + (try #require(commits.last) + 1) * frameBytes
        var generator = SeededGenerator(seed: 11)
        for start in [0] + Array(stride(from: 32, to: log.count, by: frameBytes)) {
            let area = start..<(start == 0 ? 32 : start + frameBytes)
            for offset in flippedBytes(of: area, using: &generator) {
                if try isRefused(flipping: offset) { continue }
                #expect(offset >= end, "byte \(offset)")
                let content = "SELECT count(*) FROM workflows, pragma_integrity_check WHERE integrity_check = 'ok'"
                #expect(try PlainConnection(killed.path).value(content) == .integer(3), "byte \(offset)")
                try writeFile(killed.path, database)
            }
        }
    }

    @Test func `a log that was begun anew for a commit that failed has no mark`() throws {
        recorder.writer.checkpoint()
        let before = try readFile(recorder.database.path + ".lock")
        let connection = recorder.writer.connection
        // A page leaves the cache before the transaction ends: the log begins anew.
        try connection.execute("PRAGMA cache_size = 1; BEGIN; CREATE TABLE large (text)")
        try connection.execute(
            "WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < 100)"
                + "INSERT INTO large SELECT printf('%.*c', 5000, 'x') FROM numbers; ROLLBACK")
        let header = try readFile(recorder.database.path + "-wal")[16..<24]
        #expect(!header.elementsEqual(log[16..<24]))
        try recorder.writer.write { () throws(StoreError) in }
        #expect(try readFile(recorder.database.path + ".lock") == before)
    }

    @Test(arguments: [true, false])
    func `commits that were broken off one after the other are no damage, with a mark or without`(hasMark: Bool) throws
    {
        if hasMark { try writeFile(killed.path + ".lock", try readFile(recorder.database.path + ".lock")) }
        let end = 32 + (try #require(commits.last) + 1) * frameBytes
        // The ends of a longer one, and of a shorter one that was written over its beginning, neither of them with its page.
        let header = Array(log[end - frameBytes..<end - frameBytes + 16]) + [1, 2, 3, 4, 5, 6, 7, 8]
        let unfinished = header + [UInt8](repeating: 7, count: frameBytes - 24)
        try writeFile(killed.path + "-wal", log[..<end] + unfinished + unfinished)
        try StoreWriter(path: killed.path).close()
        #expect(try PlainConnection(killed.path).value("SELECT count(*) FROM workflows") == .integer(3))
    }

    @Test func `a mark that is damaged says nothing`() throws {
        let mark = try readFile(recorder.database.path + ".lock")
        #expect(mark.count == 16)
        #expect(LogMark(lock: recorder.database.path + ".lock") != nil)
        for offset in mark.indices {
            var bytes = mark
            bytes[offset] ^= 0x40
            try writeFile(killed.path + ".lock", bytes)
            #expect(LogMark(lock: killed.path + ".lock") == nil)
        }
        try writeFile(killed.path + ".lock", "")
        #expect(LogMark(lock: killed.path + ".lock") == nil)
    }

    @Test func `a log of which the end was not written is no damage`() throws {
        for length in [0, 5, 32, 32 + frameBytes, log.count - 1] {
            try writeFile(killed.path + "-wal", Array(log[..<length]))
            try StoreWriter(path: killed.path).close()
        }
        try writeFile(killed.path + "-wal", [UInt8](repeating: 0, count: log.count))
        try StoreWriter(path: killed.path).close()
    }
}
