import Foundation
import Testing
import TracewireProtocol

@testable import TracewireCollector

/// Two projects with one record of each kind, whose texts only the other one's must never show.
@Suite("Projects")
struct ProjectTests {
    private static let secret = "hers-7f31c0"
    private static let own = "his-2b9e44"

    /// Fills both projects and calls `body` with a token for everything in `his`.
    private func withProjects(
        _ tokens: TokenFixture? = nil,
        _ body: @escaping @Sendable (_ port: Int, _ his: String, _ hers: String) throws -> Void
    ) async throws {
        let tokens = try tokens ?? TokenFixture()
        let (his, hers) = (
            try tokens.create(.administration, in: try #require(ProjectName("his"))),
            try tokens.create(.administration, in: try #require(ProjectName("hers")))
        )
        try await tokens.withCollector { port in
            for (token, text) in [(his, Self.own), (hers, Self.secret)] { try Self.fill(port, token, text) }
            try body(port, his, hers)
        }
    }

    /// Fills `hers`, and calls `body` with a token of the collector's operator and where its files are.
    private func withOperator(
        _ body: @escaping @Sendable (_ port: Int, _ token: String, _ directory: String) throws -> Void
    ) async throws {
        let tokens = try TokenFixture()
        let hers = try tokens.create(.administration, in: try #require(ProjectName("hers")))
        let operating = try tokens.create(.administration)
        try await tokens.withCollector { port in
            try Self.fill(port, hers, Self.secret)
            try body(port, operating, tokens.directory.path)
        }
    }

    /// The same identities in both: who knows one of another project must gain nothing by it.
    private static func fill(_ port: Int, _ token: String, _ text: String) throws {
        let peer = try RawPeer(port: port)
        try peer.open(token: token)
        let user = User(id: Identifier(milliseconds: 5), username: "user-\(text)")
        var start = WorkflowStart<String>()
        start.workflow = Sample.workflow
        start.username = user.username
        start.name = "flow-\(text)"
        start.userInput = "input \(text)"
        var orphan = NodeEnd<String>()
        orphan.node = Identifier(milliseconds: 9)
        orphan.workflow = Sample.workflow
        orphan.status = Status.completed.rawValue
        orphan.errorMessage = text
        var illegal = WorkflowStart<String>()
        illegal.workflow = Sample.workflow
        illegal.name = "conflict-\(text)"
        try peer.batch(
            1,
            [
                Record(atMs: 1, event: .user(user)), Record(atMs: 2, event: .workflowStart(start)),
                Sample.generation(prompt: "prompt \(text)"), Record(atMs: 3, event: .nodeEnd(orphan)),
                Record(atMs: 4, event: .workflowStart(illegal)),
            ])
        let verdicts = try peer.acknowledgement().ack.verdicts
        #expect(Set(verdicts.map(\.code)) == [.parked, .conflictingDuplicate])
    }

    private static func ask(_ port: Int, _ token: String, _ request: Query.Request) throws -> (String, Summary) {
        let peer = try RawPeer(port: port)
        try peer.openForQueries(token: token)
        try peer.ask(request)
        let (rows, summary) = try peer.answer()
        return ("\(rows) \(text(in: rows)) \(summary.message)", summary)
    }

    /// Bytes, too: records and references are blobs.
    private static func text(in rows: [[Value]]) -> String {
        rows.joined().map { value in
            if case .blob(let bytes) = value { String(decoding: bytes, as: UTF8.self) } else { "" }
        }.joined()
    }

    @Test("every table, view and function of SQL shows a project's own rows alone")
    func tables() async throws {
        try await withProjects { port, his, _ in
            let peer = try RawPeer(port: port)
            try peer.openForQueries(token: his)
            let names = try peer.sql("SELECT name FROM sqlite_schema WHERE type IN ('table', 'view')").joined()
            let tables = names.compactMap { if case .text(let name) = $0 { name } else { nil } }
            #expect(tables.count > 10)
            var shown = ""
            for table in tables + ["sqlite_schema", "main.users"] {
                let (rows, summary) = try Self.ask(port, his, .sql(text: "SELECT * FROM \(table)", parameters: []))
                #expect(summary.code == .ok, "\(table): \(summary.message)")
                #expect(!rows.contains(Self.secret), "\(table)")
                shown += rows
            }
            for text in ["user-", "flow-", "input ", "prompt ", ""] { #expect(shown.contains(text + Self.own)) }
        }
    }

    /// What would reach the file, HERS, of the other project, and what says where files are.
    private static let refused = [
        "ATTACH 'HERS' AS hers", "ATTACH 'file:HERS' AS hers", "ATTACH 'file:HERS?mode=ro&immutable=1' AS hers",
        "ATTACH DATABASE 'HERS' AS hers KEY ''", "VACUUM INTO 'HERS.copy'", "VACUUM main INTO 'file:HERS.copy'",
        "PRAGMA database_list", "SELECT * FROM pragma_database_list", "PRAGMA temp_store_directory = 'HERS'",
        "PRAGMA data_store_directory", "PRAGMA query_only = OFF", "PRAGMA writable_schema = ON", "DETACH main",
        "SELECT load_extension('HERS')", "SELECT fts3_tokenizer('simple')", "SELECT * FROM dbstat",
        "CREATE TEMP VIEW v AS SELECT 1", "CREATE VIRTUAL TABLE temp.v USING csv(filename='HERS')",
    ]
    /// What there is not.
    private static let unknown = [
        "SELECT * FROM hers.workflows", "SELECT * FROM 'hers.db'.workflows", "SELECT readfile('HERS')",
        "SELECT writefile('HERS', 'y')", "SELECT * FROM sqlite_dbpage", "SELECT edit('x', 'cat HERS')",
        "SELECT * FROM csv('HERS')", "SELECT sqlite_source_id(), file_read('HERS')",
    ]

    @Test(
        "no statement reaches the file of another project",
        arguments: refused.map { ($0, Code.notPermitted) } + unknown.map { ($0, Code.sqlError) })
    func statements(statement: String, code: Code) async throws {
        let tokens = try TokenFixture()
        try await withProjects(tokens) { port, his, _ in
            let path = tokens.directory.path + "/traces.db.projects/hers.db"
            #expect(FileManager.default.isReadableFile(atPath: path))
            let sql = statement.replacingOccurrences(of: "HERS", with: path)
            let (text, summary) = try Self.ask(port, his, .sql(text: sql, parameters: []))
            #expect(summary.code == code, "\(summary.code) \(text)")
            #expect(!text.contains(Self.secret) && !text.contains("/traces.db"))
            #expect(!FileManager.default.fileExists(atPath: path + ".copy"))
        }
    }

    @Test("every report and search shows a project's own runs alone")
    func reports() async throws {
        try await withProjects { port, his, _ in
            var shown = ""
            for (name, arguments) in Self.reports {
                let (text, summary) = try Self.ask(port, his, .report(name: name, arguments: arguments))
                #expect(summary.code == .ok, "\(name): \(summary.message)")
                #expect(!text.contains(Self.secret), "\(name)")
                shown += text
            }
            #expect(shown.contains("flow-\(Self.own)") && shown.contains("prompt \(Self.own)"))
            let (found, _) = try Self.ask(port, his, .report(name: "search", arguments: ["text": .text(Self.secret)]))
            #expect(!found.contains("flow-"))
        }
    }

    private static let range: [String: Value] = ["first": .integer(0), "last": .integer(1 << 40)]
    private static let day: [String: Value] = ["by": .text("day"), "since": .integer(0), "until": .integer(86_400_000)]
    private static let reports: [(String, [String: Value])] = [
        ("workflows", [:]), ("workflows", ["search": .text(own)]), ("workflow", ["id": .integer(1)]),
        ("nodes", range), ("nodes_outline", range), ("generations", range), ("generations_outline", range),
        ("sheds", range), ("stats_users", [:]), ("stats_nodes", [:]), ("stats_models", [:]), ("stats_users_by", day),
        ("stats_nodes_by", day), ("stats_models_by", day), ("errors", [:]), ("usage", [:]), ("rejected", [:]),
        ("rejected_record", ["id": .integer(1)]), ("parked", [:]), ("parked_record", ["id": .integer(1)]),
        ("feed", [:]), ("events", ["after": .integer(0)]), ("status", [:]), ("counts", [:]), ("check", [:]),
        ("search", ["text": .text(own)]),
    ]

    @Test("what is committed in one project wakes nobody who follows another")
    func watching() async throws {
        try await withProjects { port, his, hers in
            let following = try RawPeer(port: port)
            try following.openForQueries(token: his)
            let position = try Self.position(following)
            try following.send(.watch, sequence: 2, body: WatchRequest(after: position).encoded())
            for (token, identity, comes) in [(hers, 50, false), (his, 51, true)] {
                let peer = try RawPeer(port: port)
                try peer.open(producer: Identifier(milliseconds: Int64(identity)), token: token)
                try peer.batch(1, [Sample.start(Identifier(milliseconds: Int64(identity)))])
                _ = try peer.acknowledgement()
                if !comes {
                    try following.send(.ping, sequence: 3)
                    #expect(try following.receive().header.type == .pong)
                }
            }
            #expect(try following.receive(.summary, as: Summary.self).code == .ok)
        }
    }

    /// Where the feed is.
    private static func position(_ peer: RawPeer) throws -> UInt64 {
        try peer.send(.watch, sequence: 1, body: WatchRequest(after: 0).encoded())
        return try peer.receive(.summary, as: Summary.self).position
    }

    @Test("a producer's connection is not ended by one of the same name in another project")
    func fencing() async throws {
        try await withProjects { port, his, hers in
            let producer = Identifier(milliseconds: 77)
            let peer = try RawPeer(port: port)
            try peer.open(producer: producer, token: his)
            let other = try RawPeer(port: port)
            let welcome = try other.open(producer: producer, epoch: 9, token: hers)
            #expect(welcome.lastCommittedSequence == 0)
            try peer.batch(1, [Sample.start(Identifier(milliseconds: 78))])
            #expect(try peer.acknowledgement().sequence == 1)
        }
    }

    @Test("what reaches beyond a project is refused to its administrator")
    func machine() async throws {
        try await withProjects { port, his, _ in
            let path = FileManager.default.temporaryDirectory.path + "/tracewire-backup-\(UUID().uuidString).db"
            let (_, summary) = try Self.ask(
                port, his, .report(name: "backup", arguments: ["path": .text(path)]))
            #expect(summary.code == .notPermitted && !FileManager.default.fileExists(atPath: path))
        }
    }

    @Test("status tells of the whole collector to its operator alone, and of the project to whoever may ask there")
    func status() async throws {
        let tokens = try TokenFixture()
        let his = try #require(ProjectName("his"))
        let (operating, reading, administering) = (
            try tokens.create(.administration), try tokens.create(.query), try tokens.create(.administration, in: his)
        )
        let limits = { (configuration: inout CollectorConfiguration) in
            (configuration.retain, configuration.maximumDiskBytes) = (.seconds(86_400), 1 << 40)
        }
        try await tokens.withCollector(where: limits) { port in
            let whole = [
                "uptime_ms", "resident_bytes", "disk_free_bytes", "connections_refused", "credit_bytes_granted",
                "retain_seconds", "max_disk_bytes",
            ]
            let counts = ["connections", "connections_total", "wire_bytes_received", "queries"]
            let standing = try RawPeer(port: port)
            try standing.openForQueries(token: operating)
            for (token, withheld) in [(operating, []), (reading, whole + counts), (administering, whole)] {
                let figures = try Self.figures(port, token)
                for name in whole + counts {
                    #expect((figures[name] == .null) == withheld.contains(name), "\(name)")
                }
                #expect(figures["tls_error"] == .null && figures["batches"] == .integer(0))
                #expect(figures["workflows"] == .integer(0) && figures["queue_bytes"] == .integer(0))
                // The first one of that project, beside one that stands in another.
                if token == administering { #expect(figures["connections"] == .integer(1)) }
            }
            withExtendedLifetime(standing) {}
        }
    }

    private static func figures(_ port: Int, _ token: String) throws -> [String: Value] {
        let peer = try RawPeer(port: port)
        try peer.openForQueries(token: token)
        try peer.ask(.report(name: "status", arguments: [:]))
        return try peer.answer().rows.reduce(into: [:]) { figures, row in
            if case .text(let name) = row[0] { figures[name] = row[1] }
        }
    }

    @Test("an error is told without what it says of the machine to whoever does not look after that")
    func troubles() throws {
        let error = Value.text("cannot_open: /var/lib/tracewire/tracewire.db is gone")
        let figure = try #require(StatusFigure.all.first { $0.name == "store_error" })
        #expect(figure.shown(error, in: .standard) == .text("cannot_open"))
        #expect(figure.shown(.null, in: .standard) == .null)
        let tls = try #require(StatusFigure.all.first { $0.name == "tls_error" })
        #expect(tls.shown(error, in: .standard) == .null)
    }

    @Test("the files of a project are for their owner's eyes only")
    func permissions() async throws {
        let tokens = try TokenFixture()
        let token = try tokens.create(.ingest, in: try #require(ProjectName("his")))
        try await tokens.withCollector { port in
            let peer = try RawPeer(port: port)
            try peer.open(token: token)
            try peer.batch(1, [Sample.start()])
            _ = try peer.acknowledgement()
            let directory = tokens.directory.path + "/traces.db.projects"
            #expect(try Self.mode(directory) == 0o700)
            let files = try FileManager.default.contentsOfDirectory(atPath: directory)
            #expect(Set(files).isSuperset(of: ["his.db", "his.db-wal", "his.db.lock"]), "\(files)")
            for file in files { #expect(try Self.mode("\(directory)/\(file)") == 0o600, "\(file)") }
        }
    }

    private static func mode(_ path: String) throws -> mode_t {
        var facts = stat()
        try #require(stat(path, &facts) == 0)
        return facts.st_mode & 0o777
    }

    @Test("no backup replaces what the collector keeps, of whatever project, or takes the place of what it may")
    func backup() async throws {
        try await withOperator { port, operating, directory in
            let database = directory + "/traces.db"
            let hers = directory + "/traces.db.projects/hers.db"
            let file = try Self.number(hers)
            try #require(symlink(directory + "/traces.db.projects", directory + "/linked") == 0)
            try #require(symlink(hers, directory + "/link.db") == 0)
            let taken = [
                hers, directory + "/traces.db.projects/new.db", directory + "/linked/hers.db", directory + "/link.db",
                database + ".tokens", database + ".lock", database + "-wal", database + "-journal", database + ".copy",
                directory + "/./traces.db.projects/../traces.db",
            ]
            for path in taken {
                let (text, summary) = try Self.ask(
                    port, operating, .report(name: "backup", arguments: ["path": .text(path), "replace": .integer(1)]))
                #expect(summary.code == .invalidArgument, "\(path): \(text)")
            }
            #expect(try Self.number(hers) == file)
            #expect(!FileManager.default.fileExists(atPath: directory + "/traces.db.copy"))
            for path in [directory + "/copy.db", directory + "/traces.dbs"] {
                let (text, summary) = try Self.ask(
                    port, operating, .report(name: "backup", arguments: ["path": .text(path)]))
                #expect(summary.code == .ok, "\(text)")
            }
        }
    }

    /// Of the file that has the name.
    private static func number(_ path: String) throws -> ino_t {
        var facts = stat()
        try #require(stat(path, &facts) == 0)
        return facts.st_ino
    }

    @Test("traces of a project are there after a restart, and projects beyond the bound are refused")
    func restart() async throws {
        let tokens = try TokenFixture()
        let names = try ["one", "two"].map { try #require(ProjectName($0)) }
        let texts = try names.map { try tokens.create(.administration, in: $0) }
        for round in 0..<2 {
            try await tokens.withCollector(setting: \.maximumProjects, 2) { port in
                let peer = try RawPeer(port: port)
                try peer.open(epoch: UInt64(round + 1), nextSequence: UInt64(round + 1), token: texts[0])
                try peer.batch(UInt64(round + 1), [Sample.start(Identifier(milliseconds: Int64(round)))])
                _ = try peer.acknowledgement()
                #expect(try peer.sql("SELECT count(*) FROM workflows") == [[.integer(Int64(round + 1))]])
                let refused = try RawPeer.refusal(port: port, token: texts[1])
                #expect(refused.code == .tooManyConnections && refused.message.contains("maximum_projects"))
            }
        }
    }
}
