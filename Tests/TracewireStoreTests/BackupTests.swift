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
        try writeFile(copy.path, "precious")
        #expect(try backUp(to: copy.path).summary.code == .invalidArgument)
        #expect(try readFile(copy.path) == Array("precious".utf8))
        #expect(try backUp(to: copy.path, replace: 1).summary.code == .ok)
        #expect(try StoreReader(path: copy.path).sql("SELECT count(*) FROM nodes").rows == [[.integer(1)]])
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
}
