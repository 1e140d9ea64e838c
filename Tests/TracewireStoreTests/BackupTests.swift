import Glibc
import Testing
import TracewireProtocol

@testable import TracewireStore

struct BackupTests {
    private let recorder: Recorder
    private let copy: TemporaryDatabase

    init() throws {
        recorder = try Recorder()
        copy = try TemporaryDatabase()
        try recorder.sendEverything(identifier(1), identifier(2))
    }

    private func backUp(to path: String, replace: Int64 = 0, control: QueryControl = QueryControl()) throws -> Answer {
        try StoreReader(path: recorder.database.path).ask(
            .report(name: "backup", arguments: ["path": .text(path), "replace": .integer(replace)]), control: control)
    }

    @Test func `a copy holds what the database holds, for its owner only, and can be written to`() throws {
        let answer = try backUp(to: copy.path)
        #expect(answer.summary.code == .ok)
        #expect(answer.rows.first?.first == .text(copy.path))
        var status = stat()
        #expect(stat(copy.path, &status) == 0)
        #expect(status.st_mode & 0o777 == 0o600)
        let writer = try StoreWriter(path: copy.path)
        defer { writer.close() }
        let reader = try StoreReader(path: copy.path)
        #expect(reader.report("check").rows == [])
        let sql = "SELECT * FROM workflows JOIN nodes JOIN generations"
        #expect(try reader.sql(sql).rows == StoreReader(path: recorder.database.path).sql(sql).rows)
    }

    @Test func `what is there is replaced only where that is allowed`() throws {
        #expect(try backUp(to: copy.path).summary.code == .ok)
        #expect(try backUp(to: copy.path).summary.code == .invalidArgument)
        #expect(try backUp(to: copy.path, replace: 1).summary.code == .ok)
        #expect(try StoreReader(path: copy.path).sql("SELECT count(*) FROM nodes").rows == [[.integer(1)]])
    }

    @Test func `what is no database of ours is never replaced`() throws {
        try writeFile(copy.path, "precious")
        #expect(try backUp(to: copy.path, replace: 1).summary.code == .invalidArgument)
        #expect(try readFile(copy.path) == Array("precious".utf8))
    }

    @Test func `a copy that cannot be made leaves nothing behind`() throws {
        let control = QueryControl()
        control.cancel()
        #expect(try backUp(to: copy.path, control: control).summary.code == .cancelled)
        #expect(try backUp(to: copy.directory + "/none/trace.db").summary.code == .storageUnavailable)
        #expect(try backUp(to: "relative.db").summary.code == .invalidArgument)
        #expect(access(copy.path, F_OK) != 0)
        #expect(access(copy.path + ".unfinished", F_OK) != 0)
    }

    @Test func `the database itself is never replaced, by whatever name it is called`() throws {
        let live = recorder.database.path
        let link = copy.directory + "/trace.db"
        try #require(symlink(live, link) == 0)
        for path in [live, recorder.database.directory + "/./trace.db", link, live + "-wal", live + ".lock"] {
            #expect(try backUp(to: path, replace: 1).summary.code == .invalidArgument, "\(path)")
        }
        try recorder.send(nodeStart(identifier(50), in: identifier(1)))
        #expect(try StoreReader(path: live).sql("SELECT count(*) FROM nodes").rows == [[.integer(1)]])
    }

    @Test(arguments: ["-wal", "-journal", ".tokens", ".lock", ".projects/x.db", ".unfinished", ".old"])
    func `what could be a file of the collector's is not made`(_ ending: String) throws {
        let live = recorder.database.path
        try #require(mkdir(live + ".projects", 0o700) == 0)
        let wasThere = access(live + ending, F_OK) == 0
        let refused = try backUp(to: live + ending, replace: 1).summary
        #expect(refused.code == .invalidArgument && refused.message.contains(live), "\(refused.message)")
        #expect((access(live + ending, F_OK) == 0) == wasThere)
    }

    @Test func `a project's database is not replaced, under its own name, through a link or as another name of it`()
        throws
    {
        let (main, projects) = (recorder.database.path, recorder.database.path + ".projects")
        try #require(mkdir(projects, 0o700) == 0)
        #expect(try backUp(to: copy.path).summary.code == .ok)
        let own = projects + "/own.db"
        try #require(rename(copy.path, own) == 0)
        let (hard, soft, directory) = (copy.directory + "/hard", copy.directory + "/soft", copy.directory + "/projects")
        try #require(link(own, hard) == 0 && symlink(own, soft) == 0 && symlink(projects, directory) == 0)
        defer { for path in [hard, soft, directory] { unlink(path) } }
        // Also where the project itself is asked.
        for asked in [main, own] {
            for path in [main, own, hard, soft, directory + "/own.db", directory + "/new.db"] {
                let answer = try StoreReader(path: asked).ask(
                    .report(name: "backup", arguments: ["path": .text(path), "replace": .integer(1)]))
                #expect(answer.summary.code == .invalidArgument, "\(asked) to \(path)")
            }
        }
        #expect(try StoreReader(path: own).report("check").rows == [])
    }

    @Test(arguments: ["-wal", "-journal"])
    func `nothing is written beside a log, which SQLite would replay into the copy`(_ suffix: String) throws {
        try writeFile(copy.path + suffix, "somebody else's")
        defer { unlink(copy.path + suffix) }
        for replace in [0, 1] as [Int64] {
            #expect(try backUp(to: copy.path, replace: replace).summary.code == .invalidArgument)
        }
        #expect(access(copy.path, F_OK) != 0)
    }

    /// What a process leaves that is killed while it copies: SQLite writes the first page last.
    private static let halves = ["", String(repeating: "\0", count: 8_192), "SQLite format 3\0 and no more"]

    @Test(arguments: halves)
    func `what a backup left that was cut off is taken over, and one that is under way is not`(
        _ half: String
    ) throws {
        let unfinished = copy.path + ".unfinished"
        try writeFile(unfinished, Array(half.utf8))
        try #require(chmod(unfinished, 0o644) == 0)
        let other = open(unfinished, O_RDONLY | O_CLOEXEC)
        try #require(flock(other, LOCK_EX | LOCK_NB) == 0)
        #expect(try backUp(to: copy.path).summary.code == .invalidArgument)
        #expect(try readFile(unfinished) == Array(half.utf8))
        close(other)
        #expect(try backUp(to: copy.path).summary.code == .ok)
        #expect(access(unfinished, F_OK) != 0)
        var status = stat()
        #expect(stat(copy.path, &status) == 0)
        #expect(status.st_mode & 0o777 == 0o600)
        #expect(try StoreReader(path: copy.path).report("check").rows == [])
    }

    @Test func `what is no backup is not taken for one that was cut off`() throws {
        let unfinished = copy.path + ".unfinished"
        try writeFile(unfinished, "precious")
        let refused = try backUp(to: copy.path, replace: 1)
        #expect(refused.summary.code == .invalidArgument)
        #expect(refused.summary.message.contains(unfinished))
        #expect(try readFile(unfinished) == Array("precious".utf8))
        #expect(access(copy.path, F_OK) != 0)
    }

    @Test(arguments: [false, true])
    func `a link stays, and leads to the copy`(isDangling: Bool) throws {
        let link = copy.directory + "/link"
        defer { unlink(link) }
        try #require(symlink("trace.db", link) == 0)
        if !isDangling { #expect(try backUp(to: copy.path).summary.code == .ok) }
        #expect(try backUp(to: link, replace: 1).summary.code == .ok)
        var status = stat()
        #expect(lstat(link, &status) == 0)
        #expect(status.st_mode & S_IFMT == S_IFLNK)
        #expect(lstat(copy.path, &status) == 0)
        #expect(status.st_mode & S_IFMT == S_IFREG)
        #expect(try StoreReader(path: copy.path).sql("SELECT count(*) FROM nodes").rows == [[.integer(1)]])
    }
}
