import Glibc
import Synchronization
import Testing
import TracewireProtocol

@testable import TracewireStore

struct OpeningTests {
    /// The code with which opening fails.
    private func failure(_ path: String) -> StoreError.Code? {
        do throws(StoreError) {
            _ = try StoreWriter(path: path)
            return nil
        } catch {
            return error.code
        }
    }

    @Test func `a database is made, for its owner only, and says whose it is`() throws {
        let database = try TemporaryDatabase()
        let writer = try StoreWriter(path: database.path)
        var status = stat()
        for name in ["", "-wal", "-shm", ".lock"] {
            #expect(stat(database.path + name, &status) == 0)
            #expect(status.st_mode & 0o777 == 0o600, "\(name)")
        }
        let plain = try PlainConnection(database.path)
        #expect(try plain.value("PRAGMA application_id") == .integer(Migrations.applicationID))
        #expect(try plain.value("PRAGMA user_version") == .integer(Migrations.newestVersion))
        #expect(try plain.value("PRAGMA journal_mode") == .text("wal"))
        #expect(try plain.value("PRAGMA integrity_check") == .text("ok"))
        writer.close()
    }

    @Test func `the four tables have the columns of the design`() throws {
        let database = try TemporaryDatabase()
        let writer = try StoreWriter(path: database.path)
        let plain = try PlainConnection(database.path)
        let design = [
            "users": "id username email created_at updated_at",
            "workflows": """
            id user_id name status user_input input_type time_settings date_theme user_intent search_radius
            final_itinerary created_at updated_at completed_at
            """,
            "nodes": """
            id workflow_id node_name node_type execution_order status state_data input_data output_data error_message
            error_traceback started_at completed_at duration_ms
            """,
            "generations": """
            id workflow_id node_id model_name model_provider system_prompt user_prompt output parsed_output temperature
            max_tokens prompt_tokens completion_tokens total_tokens latency_ms error_message created_at
            """,
        ]
        for (table, columns) in design {
            let actual = try plain.rows("SELECT name FROM pragma_table_info('\(table)')").map { $0[0] }
            for column in columns.split(whereSeparator: \.isWhitespace) {
                #expect(actual.contains(.text(String(column))), "\(table).\(column)")
            }
        }
        writer.close()
    }

    @Test func `a database has one writer at a time`() throws {
        let database = try TemporaryDatabase()
        let first = try StoreWriter(path: database.path)
        #expect(failure(database.path) == .alreadyInUse)
        first.close()
        #expect(failure(database.path) == nil)
    }

    @Test func `a database that another has open closes no file that is not its own`() throws {
        let database = try TemporaryDatabase()
        let held = try StoreWriter(path: database.path)
        let isOver = Atomic<Bool>(false)
        let opened = Atomic<Int>(0)
        let lost = Atomic<Int>(0)
        try withExtendedLifetime(held) {
            let other = try #require(
                JoinableThread {
                    while !isOver.load(ordering: .relaxed) {
                        let descriptor = open("/dev/null", O_RDONLY | O_CLOEXEC)
                        opened.add(1, ordering: .relaxed)
                        if close(descriptor) != 0 { lost.add(1, ordering: .relaxed) }
                    }
                })
            for _ in 0..<20_000 { #expect(throws: StoreError.self) { _ = try DatabaseLock(database: database.path) } }
            isOver.store(true, ordering: .relaxed)
            other.join()
        }
        #expect(opened.load(ordering: .relaxed) > 0 && lost.load(ordering: .relaxed) == 0)
        held.close()
    }

    @Test func `a link to a database that does not exist yet is no second database`() throws {
        let database = try TemporaryDatabase()
        let directory = database.directory
        try #require(symlink("real.db", directory + "/link.db") == 0)
        try #require(symlink(directory + "/link.db", directory + "/farther.db") == 0)
        let writer = try StoreWriter(path: directory + "/farther.db")
        for name in ["real.db", "link.db", "farther.db"] { #expect(failure(directory + "/" + name) == .alreadyInUse) }
        writer.close()
    }

    @Test func `a link to a database is no second database`() throws {
        let database = try TemporaryDatabase()
        let writer = try StoreWriter(path: database.path)
        let link = database.directory + "/link.db"
        try #require(symlink(database.path, link) == 0)
        #expect(failure(link) == .alreadyInUse)
        writer.close()
    }

    @Test func `a closed writer writes no more`() throws {
        let recorder = try Recorder()
        recorder.writer.close()
        #expect(throws: StoreError.self) { try recorder.send(user("kim")) }
        #expect(try recorder.value("SELECT count(*) FROM users") == .integer(0))
    }

    @Test(arguments: ["/missing/trace.db", ".lock/trace.db"])
    func `a directory that does not exist is said to be missing`(suffix: String) throws {
        let database = try TemporaryDatabase()
        close(open(database.path + ".lock", O_CREAT, 0o600))
        let path = suffix.hasPrefix("/") ? database.directory + suffix : database.path + suffix
        #expect(failure(path) == .cannotOpen)
    }

    @Test(arguments: ["", ":memory:"])
    func `a database that would be gone with the process is none`(path: String) {
        #expect(failure(path) == .cannotOpen)
    }

    @Test func `a directory in the place of the file is said not to open`() throws {
        let database = try TemporaryDatabase()
        mkdir(database.path, 0o700)
        defer { rmdir(database.path) }
        #expect(failure(database.path) == .cannotOpen)
    }

    @Test func `a directory that may not be written is said to be read-only`() throws {
        let database = try TemporaryDatabase()
        chmod(database.directory, 0o555)
        let code = try asNobody { failure(database.path) }
        #expect(code == .readOnly)
    }

    @Test func `a file that may not be written is said to be read-only`() throws {
        let database = try TemporaryDatabase()
        try StoreWriter(path: database.path).close()
        chmod(database.path, 0o444)
        chmod(database.path + ".lock", 0o666)
        chmod(database.directory, 0o777)
        let code = try asNobody { failure(database.path) }
        #expect(code == .readOnly)
    }

    @Test func `an empty file becomes a database`() throws {
        let database = try TemporaryDatabase()
        close(open(database.path, O_CREAT | O_WRONLY, 0o600))
        #expect(failure(database.path) == nil)
        #expect(try PlainConnection(database.path).value("SELECT count(*) FROM nodes") == .integer(0))
    }

    @Test func `a database of version 0 is migrated`() throws {
        let database = try TemporaryDatabase()
        try PlainConnection(database.path, create: true).execute("PRAGMA application_id = \(Migrations.applicationID)")
        #expect(failure(database.path) == nil)
        let plain = try PlainConnection(database.path)
        #expect(try plain.value("PRAGMA user_version") == .integer(Migrations.newestVersion))
        #expect(try plain.value("SELECT count(*) FROM nodes") == .integer(0))
    }

    @Test func `a database of a newer version is refused, and stays as it is`() throws {
        let database = try TemporaryDatabase()
        try StoreWriter(path: database.path).close()
        try PlainConnection(database.path).execute("PRAGMA user_version = 99")
        #expect(failure(database.path) == .newerSchema)
        #expect(throws: StoreError.self) { try StoreReader(path: database.path) }
        #expect(try PlainConnection(database.path).value("PRAGMA user_version") == .integer(99))
    }

    @Test func `a database of another program is refused, and stays as it is`() throws {
        let database = try TemporaryDatabase()
        try PlainConnection(database.path, create: true).execute("CREATE TABLE theirs (a); PRAGMA user_version = 1")
        #expect(failure(database.path) == .notADatabase)
        let tables = try PlainConnection(database.path).rows("SELECT name FROM sqlite_schema")
        #expect(tables == [[.text("theirs")]])
        #expect(try PlainConnection(database.path).value("PRAGMA journal_mode") == .text("delete"))
    }

    @Test func `a file that is no database is refused, and stays as it is`() throws {
        let database = try TemporaryDatabase()
        let text = String(repeating: "This is a text and not a database.\n", count: 100)
        try writeFile(database.path, text)
        #expect(failure(database.path) == .notADatabase)
        #expect(try readFile(database.path) == Array(text.utf8))
    }

    @Test func `a reader makes no database`() throws {
        let database = try TemporaryDatabase()
        #expect {
            try StoreReader(path: database.path)
        } throws: {
            ($0 as? StoreError)?.code == .cannotOpen
        }
        #expect(access(database.path, F_OK) != 0)
    }
}
