import Foundation
import Testing

@testable import TracewireCLI

@Suite("serve")
struct ServeTests {
    @Test(
        "says in one line where it listens and which database it keeps, and stops cleanly",
        arguments: [SIGINT, SIGTERM])
    func announcement(signal: Int32) async throws {
        let directory = try TestDirectory()
        let collector = try await CollectorProcess(directory: directory)
        let database = directory.file("traces.db")
        #expect(collector.announcement == "tracewire listens on \(collector.address), database \(database)")
        #expect(try await collector.run("status").exit == 0)
        #expect(await collector.end(signal) == 0)
        #expect(try directory.read("errors").isEmpty)
        // Everything stands in the database itself.
        let log = try? FileManager.default.attributesOfItem(atPath: directory.file("traces.db-wal"))
        #expect(log == nil)
    }

    @Test("peers that ask and do not read the answers cost little memory, however small each of them is")
    func deafPings() async throws {
        let collector = try await CollectorProcess(directory: try TestDirectory())
        let growth = try await Program.python(
            "deaf_pings.py", [collector.address, "\(collector.identifier)", "12"])
        #expect(growth.exit == 0, "\(growth.errors)")
        // What the channel kept of single small answers was 14 MB a connection.
        #expect(try #require(Int(growth.text.split(separator: "\n").first ?? "")) < 48 << 20)
        #expect(try await collector.run("status").exit == 0)
    }

    @Test("more connections than the system lets it have leave it at rest, serving those that it has")
    func crowded() async throws {
        let collector = try await CollectorProcess(directory: try TestDirectory(), descriptors: "64:512")
        let crowd = try await Program.python("crowd.py", [collector.address, "\(collector.identifier)", "300"])
        try #require(crowd.exit == 0, "\(crowd.errors)")
        let seen = try #require(try crowd.json() as? [String: Any])
        #expect(try #require(seen["welcomed"] as? Int) > 64)
        #expect(try #require(seen["refused"] as? Int) > 0)
        #expect(try #require(seen["busy"] as? Double) <= 0.5)
        // Queries that nobody reads the answers of have their files open, too.
        #expect(120..<512 ~= (try #require(seen["descriptors"] as? Int)))
        #expect(try await collector.run("status").exit == 0)
    }

    @Test("a system that lets it have too few files is told with what raises their number")
    func fewDescriptors() async throws {
        let directory = try TestDirectory()
        let outcome = try await Program.limited(descriptors: "64:64").run(
            ["serve", "--listen", "127.0.0.1:0", "--database", directory.file("traces.db")])
        #expect(outcome.exit == 1)
        #expect(outcome.errors.contains("64 files and sockets") && outcome.errors.contains("ulimit -n"))
        #expect(outcome.output.isEmpty)
    }

    @Test("a taken port is said in a sentence, and the one who has it goes on")
    func takenPort() async throws {
        let directory = try TestDirectory()
        let collector = try await CollectorProcess(directory: directory)
        let second = try await Program().run(
            ["serve", "--listen", collector.address, "--database", directory.file("other.db")])
        #expect(second.exit == 1)
        #expect(second.errors.contains("\(collector.address) is taken"))
        #expect(second.errors.contains("--listen"))
        #expect(second.output.isEmpty)
        #expect(try await collector.run("status").exit == 0)
    }

    @Test("a database that another collector has is said in a sentence")
    func takenDatabase() async throws {
        let directory = try TestDirectory()
        let collector = try await CollectorProcess(directory: directory)
        let second = try await Program().run(
            ["serve", "--listen", "127.0.0.1:0", "--database", directory.file("traces.db")])
        #expect(second.exit == 1)
        #expect(second.errors.contains(directory.file("traces.db")))
        #expect(second.errors.contains("--database"))
        #expect(try await collector.run("status").exit == 0)
    }

    @Test("a directory that is missing is named with what makes it")
    func noDirectory() async throws {
        let directory = try TestDirectory()
        let path = directory.file("missing/traces.db")
        let outcome = try await Program().run(["serve", "--listen", "127.0.0.1:0", "--database", path])
        #expect(outcome.exit == 1)
        #expect(outcome.errors.hasPrefix("error: cannot keep \(path)"))
        #expect(outcome.errors.contains("mkdir -p \(directory.file("missing"))"))
    }

    @Test("a directory is no database, and an empty path is wrong usage")
    func noFile() async throws {
        let directory = try TestDirectory()
        let outcome = try await Program().run(["serve", "--listen", "127.0.0.1:0", "--database", directory.path])
        #expect(outcome.exit == 1)
        #expect(outcome.errors.contains("\(directory.path): it is a directory"))
        let empty = try await Program().run(["serve", "--listen", "127.0.0.1:0", "--database", ""])
        #expect(empty.exit == 2)
        #expect(empty.errors.contains("--database"))
    }

    @Test("files that are no database of this program are refused in a sentence, and left alone")
    func noDatabase() async throws {
        let directory = try TestDirectory()
        let text = try directory.write(String(repeating: "not a database ", count: 100), to: "foreign.db")
        let other = directory.file("other.db")
        let made = try await Program.python.run(
            ["python3", "-c", "import sqlite3, sys; sqlite3.connect(sys.argv[1]).execute('CREATE TABLE t (x)')", other])
        try #require(made.exit == 0, "\(made.errors)")
        for path in [text, other] {
            let outcome = try await Program().run(["serve", "--listen", "127.0.0.1:0", "--database", path])
            #expect(outcome.exit == 1)
            #expect(outcome.errors.hasPrefix("error: "))
            #expect(outcome.errors.contains(path))
            #expect(outcome.output.isEmpty)
        }
        let left = try FileManager.default.contentsOfDirectory(atPath: directory.path)
        #expect(left.sorted() == ["foreign.db", "other.db"])
    }

    @Test("an address that others can reach needs --insecure")
    func insecure() async throws {
        let directory = try TestDirectory()
        let refused = try await Program().run(
            ["serve", "--listen", "0.0.0.0:0", "--database", directory.file("traces.db")])
        #expect(refused.exit == 1)
        #expect(refused.errors.contains("--insecure"))
        #expect(refused.errors.contains("0.0.0.0 can be reached from other machines"))
        let name = try await Program().run(["serve", "--listen", "nope", "--database", directory.file("traces.db")])
        #expect(name.exit == 1)
        #expect(name.errors.contains("'nope' is no IP address and not localhost"))
        let collector = try await CollectorProcess(directory: directory, arguments: ["--insecure"])
        #expect(await collector.end(SIGTERM) == 0)
    }

    @Test("without --database it keeps one under XDG_DATA_HOME, for this user alone")
    func defaultDatabase() async throws {
        let directory = try TestDirectory()
        let data = directory.file("data")
        // A file in the way: the program gets as far as the default path, and ends there.
        let blocked = Program(environment: ["XDG_DATA_HOME": try directory.write("", to: "blocked")])
        let outcome = try await blocked.run(["serve", "--listen", "127.0.0.1:0"])
        #expect(outcome.exit == 1)
        #expect(outcome.errors.contains("blocked/tracewire"))
        let collector = try await CollectorProcess(directory: directory, environment: ["XDG_DATA_HOME": data])
        #expect(collector.announcement.hasSuffix("database \(data)/tracewire/tracewire.db"))
        let facts = try FileManager.default.attributesOfItem(atPath: "\(data)/tracewire")
        #expect(facts[.posixPermissions] as? Int == 0o700)
        #expect(await collector.end(SIGTERM) == 0)
    }

    @Test("the command line goes before the environment, and that before the file")
    func precedence() async throws {
        let directory = try TestDirectory()
        let file = try directory.write(#"{"listen_host": "nowhere.invalid", "query_rows": 2}"#, to: "settings.json")
        let collector = try await CollectorProcess(
            directory: directory, environment: ["TRACEWIRE_LISTEN_HOST": "also-nowhere.invalid"],
            arguments: ["--config", file])
        let limited = try await collector.run("sql", "VALUES (1), (2), (3)", "--format", "csv")
        #expect(limited.exit == 1)
        #expect(limited.errors.contains("row_limit"))
        let byEnvironment = try await CollectorProcess(
            directory: directory, database: "second.db", environment: ["TRACEWIRE_QUERY_ROWS": "5"],
            arguments: ["--config", file])
        #expect(try await byEnvironment.run("sql", "VALUES (1), (2), (3)").exit == 0)
    }

    @Test("a setting that cannot be is refused before anything is made")
    func badConfiguration() async throws {
        let directory = try TestDirectory()
        let arguments = ["serve", "--listen", "127.0.0.1:0", "--database", directory.file("traces.db")]
        let file = try directory.write(#"{"query_row": 2}"#, to: "settings.json")
        let byFile = try await Program().run(arguments + ["--config", file])
        #expect(byFile.exit == 2)
        #expect(byFile.errors.contains("\(file) names 'query_row'"))
        let byEnvironment = try await Program(environment: ["TRACEWIRE_LISTEN_PORT": "abc"]).run(arguments)
        #expect(byEnvironment.exit == 2)
        #expect(byEnvironment.errors.contains("TRACEWIRE_LISTEN_PORT"))
        let missing = try await Program().run(arguments + ["--config", directory.file("missing.json")])
        #expect(missing.exit == 1)
        #expect(missing.errors.contains(directory.file("missing.json")))
        #expect(try FileManager.default.contentsOfDirectory(atPath: directory.path) == ["settings.json"])
    }

    @Test("the help lists every setting with its default")
    func settings() async throws {
        let help = try await Program(environment: ["COLUMNS": "80"]).run(["serve", "--help"])
        for setting in CollectorSetting.all {
            #expect(
                help.lines.contains { $0.hasPrefix("  \(setting.name) ") && $0.hasSuffix(" \(setting.standard)") },
                "\(setting.name)")
        }
    }

    @Test("an address of another machine is refused in a sentence of its own")
    func foreignAddress() async throws {
        let directory = try TestDirectory()
        // TEST-NET-1 is nobody's address.
        let outcome = try await Program().run(
            ["serve", "--listen", "192.0.2.1:0", "--insecure", "--database", directory.file("traces.db")])
        #expect(outcome.exit == 1)
        #expect(
            outcome.errors
                == "error: cannot listen on 192.0.2.1:0: Cannot assign requested address. Choose another with --listen.\n"
        )
    }
}
