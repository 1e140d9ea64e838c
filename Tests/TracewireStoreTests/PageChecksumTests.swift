import CSQLite
import Glibc
import Testing
import TracewireProtocol

@testable import TracewireStore

/// SQLite compares nothing of what it reads from a page; the store does.
@Suite(.timeLimit(flippingTime)) struct PageChecksumTests {
    private static let pageBytes = 8192
    private let recorder: Recorder

    /// A database of some dozen pages, with nothing in its log.
    init() throws {
        recorder = try Recorder()
        for number in 1...20 {
            let workflow = identifier(UInt64(number))
            try recorder.send(workflowStart(workflow) { $0.userInput = noise(300, seed: UInt64(number)) })
            try recorder.sendEverything(identifier(UInt64(number) + 100), identifier(UInt64(number) + 200))
        }
        recorder.writer.close()
    }

    private var path: String { recorder.database.path }

    /// What SQLite says of the structure of the file, as the store reads it; its error if it cannot be read.
    private func integrity() -> String {
        do throws(StoreError) {
            let statement = try Statement(Connection(path: path, flags: SQLITE_OPEN_READONLY), "PRAGMA integrity_check")
            return try statement.step() ? statement.text(0) : ""
        } catch {
            return error.description
        }
    }

    /// The pages that are in use.
    private func usedPages() throws -> Set<Int> {
        let rows = try PlainConnection(path, writes: false).rows("SELECT pageno FROM dbstat")
        return Set(
            rows.map { row in
                if case .integer(let number) = row[0] { Int(number) } else { 0 }
            })
    }

    @Test func `a byte of any page that is not what was written is never handed out`() throws {
        #expect(integrity() == "ok")
        let whole = try readFile(path)
        let used = try usedPages()
        #expect(used.count > 30)
        var generator = SeededGenerator(seed: 7)
        for page in used.sorted() {
            let start = (page - 1) * Self.pageBytes
            let places = flippedBytes(of: start..<start + Self.pageBytes, using: &generator)
            for place in places where !Self.counters.contains(place) {
                var bytes = whole
                bytes[place] ^= 1 << UInt8.random(in: 0..<8, using: &generator)
                try writeFile(path, bytes)
                #expect(integrity() != "ok", "byte \(place - start) of page \(page)")
            }
        }
        try writeFile(path, whole)
        #expect(integrity() == "ok")
    }

    /// Of the header: the counters that SQLite changes in a copy of its own, and that say nothing of what the database holds.
    private static let counters = Set([24..<28, 40..<44, 92..<100].joined())

    @Test func `no byte of the header can make it look as if there were no checksums`() throws {
        let whole = try readFile(path)
        for place in 0..<100 where !Self.counters.contains(place) {
            for bit in 0..<8 {
                var bytes = whole
                bytes[place] ^= 1 << UInt8(bit)
                try writeFile(path, bytes)
                #expect(throws: StoreError.self, "bit \(bit) of byte \(place)") { try StoreWriter(path: path).close() }
                #expect(try readFile(path) == bytes)
            }
        }
    }

    @Test func `a page that stands in the place of another is not handed out`() throws {
        let whole = try readFile(path)
        let pages = try usedPages().sorted()
        let (one, other) = (pages[10] * Self.pageBytes, pages[11] * Self.pageBytes)
        var bytes = whole
        bytes.replaceSubrange(one..<one + Self.pageBytes, with: whole[other..<other + Self.pageBytes])
        try writeFile(path, bytes)
        #expect(integrity() != "ok")
    }

    @Test func `a page of which nothing is left but zeros, or the end is missing, is not handed out`() throws {
        let whole = try readFile(path)
        let pages = try usedPages().sorted()
        for page in pages where page > 1 {
            let start = (page - 1) * Self.pageBytes
            var bytes = whole
            bytes.replaceSubrange(start..<start + Self.pageBytes, with: [UInt8](repeating: 0, count: Self.pageBytes))
            try writeFile(path, bytes)
            #expect(integrity() != "ok", "page \(page) is zeros")
        }
        let last = try #require(pages.last) * Self.pageBytes
        for end in [last - 1, last - Self.pageBytes / 2, last - Self.pageBytes] {
            try writeFile(path, Array(whole[..<end]))
            #expect(integrity() != "ok", "\(last - end) bytes are missing")
        }
    }

    @Test func `a copy that SQLite's own backup makes, page by page, is as good as the database`() throws {
        let copy = try TemporaryDatabase()
        let source = try PlainConnection(path, writes: false)
        try source.backUp(to: copy.path)
        #expect(try readFile(copy.path) != readFile(path))
        let writer = try StoreWriter(path: copy.path)
        #expect(try writer.connection.integer("SELECT count(*) FROM workflows") == 40)
        writer.close()
        #expect(PageChecksums.isSealed(header: Array(try readFile(copy.path).prefix(100))))
    }

    @Test func `the error says that the database is damaged, and check names the page`() throws {
        var bytes = try readFile(path)
        let plain = try PlainConnection(path, writes: false)
        let root = try plain.value("SELECT rootpage FROM sqlite_schema WHERE name = 'users'")
        guard case .integer(let page) = root else { throw StoreError(.internalFailure, "no page") }
        bytes[Int(page) * Self.pageBytes - 100] ^= 4
        try writeFile(path, bytes)
        let reader = try StoreReader(path: path)
        let answer = reader.sql("SELECT * FROM users")
        #expect(answer.summary.code == .storageUnavailable)
        #expect(answer.summary.message.contains("is not what was written"))
        let check = reader.report("check")
        #expect(check.summary.code == .ok)
        let names = check.rows.contains { "\($0)".contains("Page \(page): it is not what was written") }
        #expect(names, "\(check.rows)")
        #expect(!check.rows.contains { "\($0)".contains("\(StoreError.damagedPage)") })
    }

    @Test func `any program with SQLite reads the database and copies its log, and none changes it`() throws {
        try recorder.reopenWriterOnly()
        try recorder.writer.write { () throws(StoreError) in
            try recorder.writer.connection.execute("UPDATE workflows SET name = 'another'")
        }
        recorder.writer.abandon()
        let plain = try PlainConnection(path, writes: false)
        #expect(try plain.value("SELECT count(*) FROM workflows WHERE name = 'another'") == .integer(40))
        #expect(plain.result("UPDATE workflows SET name = 'theirs'") & 0xff == SQLITE_READONLY)
        #expect(try plain.value("PRAGMA integrity_check") == .text("ok"))
        // As the last program that closes a database does by itself.
        try plain.execute("PRAGMA wal_checkpoint(PASSIVE)")
        #expect(integrity() == "ok")
        #expect(try recorder.value("SELECT count(*) FROM workflows WHERE name = 'another'") == .integer(40))
    }
}

/// What is in the log is compared as well, by whoever reads it from there.
struct LogChecksumTests {
    private let recorder: Recorder

    init() throws {
        recorder = try Recorder()
        recorder.writer.checkpoint()
        try recorder.send(workflowStart(identifier(1)))
    }

    private static let frameBytes = 8192 + 24

    /// Flips a byte of each frame in the log, while it is in use.
    private func flipFrames() throws {
        for frame in 0..<(try readFile(recorder.database.path + "-wal").count - 32) / Self.frameBytes {
            try change(frame) { $0[4_000] ^= 0x20 }
        }
    }

    /// Changes the page of one frame in the log, while it is in use.
    private func change(_ frame: Int, _ body: (inout [UInt8]) -> Void) throws {
        let log = open(recorder.database.path + "-wal", O_RDWR)
        try #require(log >= 0)
        defer { close(log) }
        let place = off_t(32 + frame * Self.frameBytes + 24)
        var page = [UInt8](repeating: 0, count: 8192)
        try #require(pread(log, &page, page.count, place) == page.count)
        body(&page)
        try #require(pwrite(log, page, page.count, place) == page.count)
    }

    @Test func `a page in the log that is not what was written is not handed out`() throws {
        let reader = try StoreReader(path: recorder.database.path)
        #expect(reader.sql("SELECT name FROM workflows").summary.code == .ok)
        try flipFrames()
        let later = try? StoreReader(path: recorder.database.path)
        #expect(later?.sql("SELECT name FROM workflows").summary.code ?? .storageUnavailable == .storageUnavailable)
    }

    @Test func `a page of zeros in the log is not handed out`() throws {
        let reader = try StoreReader(path: recorder.database.path)
        let frames = (try readFile(recorder.database.path + "-wal").count - 32) / Self.frameBytes
        for frame in 0..<frames { try change(frame) { $0 = [UInt8](repeating: 0, count: 8192) } }
        #expect(reader.sql("SELECT name FROM workflows").summary.code == .storageUnavailable)
    }

    @Test func `nothing of a log is copied of which one page is not what was written, and nothing is committed`() throws
    {
        recorder.writer.checkpoint()
        let path = recorder.database.path
        let before = try readFile(path)
        try recorder.send(workflowStart(identifier(2)))
        let log = try readFile(path + "-wal")
        let frames = (log.count - 32) / Self.frameBytes
        // The last of this round; behind it stand those of an earlier one.
        let used = (0..<frames).prefix {
            log[32 + $0 * Self.frameBytes + 8..<32 + $0 * Self.frameBytes + 16] == log[16..<24]
        }
        try #require(used.count > 2)
        for frame in used {
            try change(frame) { $0[4_000] ^= 0x20 }
            recorder.writer.checkpoint()
            #expect(recorder.writer.checkpointFailure?.code == .corrupt, "frame \(frame)")
            #expect(recorder.writer.isInDoubt)
            let error = #expect(throws: StoreError.self) { try recorder.writer.commit([], nowMs: 1) }
            #expect(error?.code == .corrupt)
            #expect(try readFile(path) == before, "frame \(frame)")
            try change(frame) { $0[4_000] ^= 0x20 }
        }
        // As it was again.
        recorder.writer.checkpoint()
        #expect(!recorder.writer.isInDoubt)
        try recorder.send(workflowStart(identifier(3)))
        #expect(try recorder.value("SELECT count(*) FROM workflows") == .integer(3))
    }

    @Test func `nothing of a log whose header is not what was written is copied, and nothing is committed`() throws {
        let path = recorder.database.path
        let before = try readFile(path)
        let log = open(path + "-wal", O_RDWR)
        try #require(log >= 0)
        defer { close(log) }
        var header = [UInt8](repeating: 0, count: 32)
        try #require(pread(log, &header, header.count, 0) == header.count)
        for offset in header.indices {
            var changed = header
            changed[offset] ^= 0x20
            try #require(pwrite(log, changed, changed.count, 0) == changed.count)
            recorder.writer.checkpoint()
            #expect(recorder.writer.checkpointFailure?.code == .corrupt, "byte \(offset)")
            let error = #expect(throws: StoreError.self) { try recorder.writer.commit([], nowMs: 1) }
            #expect(error?.code == .corrupt)
            #expect(try readFile(path) == before, "byte \(offset)")
        }
        try #require(pwrite(log, header, header.count, 0) == header.count)
        recorder.writer.checkpoint()
        try recorder.send(workflowStart(identifier(2)))
        #expect(try recorder.value("SELECT count(*) FROM workflows") == .integer(2))
    }

    @Test func `a damaged log is not copied as the database is closed, either`() throws {
        let path = recorder.database.path
        recorder.writer.checkpoint()
        try recorder.send(workflowStart(identifier(2)))
        let before = try readFile(path)
        try change(1) { $0[4_000] ^= 0x20 }
        try? recorder.reopenWriterOnly()
        #expect(try readFile(path) == before)
        try change(1) { $0[4_000] ^= 0x20 }
        try recorder.reopenWriterOnly()
        #expect(try recorder.value("SELECT count(*) FROM workflows") == .integer(2))
    }

    @Test func `pages that a large transaction writes to the log more than once are whole, then and after a crash`()
        throws
    {
        let path = recorder.database.path
        let connection = recorder.writer.connection
        // So that pages leave the cache, and come back, before the commit.
        try connection.execute("PRAGMA cache_size = 10; CREATE TABLE large (id INTEGER PRIMARY KEY, text TEXT)")
        for round in 1...4 {
            try connection.transaction { () throws(StoreError) in
                for pass in 1...3 {
                    try connection.execute(
                        """
                        WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < 600)
                        INSERT OR REPLACE INTO large SELECT n, printf('%d %d %.*c', \(round), \(pass), 300, 'x') FROM numbers
                        """)
                    #expect(try connection.integer("SELECT sum(length(text)) FROM large") == 600 * 304)
                }
            }
        }
        recorder.writer.abandon()
        let copy = try TemporaryDatabase()
        for suffix in ["", "-wal"] { try writeFile(copy.path + suffix, try readFile(path + suffix)) }
        let writer = try StoreWriter(path: copy.path)
        let text = "SELECT count(*) FROM large WHERE text LIKE '4 3 %'"
        #expect(try writer.connection.integer(text) == 600)
        let whole = "SELECT count(*) FROM pragma_integrity_check WHERE integrity_check = 'ok'"
        #expect(try writer.connection.integer(whole) == 1)
        writer.close()
    }

    @Test func `a transaction that was taken back leaves nothing behind that the next one could stumble upon`() throws {
        let connection = recorder.writer.connection
        try connection.execute("PRAGMA cache_size = 10; CREATE TABLE large (id INTEGER PRIMARY KEY, text TEXT)")
        let fill = """
            WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < 600)
            INSERT OR REPLACE INTO large SELECT n, printf('%.*c', 300, 'x') FROM numbers
            """
        for _ in 1...3 {
            try connection.execute("BEGIN; \(fill); \(fill); ROLLBACK")
            try connection.execute("BEGIN; \(fill); SAVEPOINT one; \(fill); ROLLBACK TO one; \(fill); COMMIT")
            #expect(try connection.integer("SELECT count(*) FROM large") == 600)
        }
        recorder.writer.abandon()
        try LogCheck.run(database: recorder.database.path)
        let copy = try TemporaryDatabase()
        for suffix in ["", "-wal"] { try writeFile(copy.path + suffix, try readFile(recorder.database.path + suffix)) }
        let writer = try StoreWriter(path: copy.path)
        #expect(try writer.connection.integer("SELECT count(*) FROM large") == 600)
        writer.close()
    }
}
