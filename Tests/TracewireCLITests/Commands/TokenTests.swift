import Foundation
import Testing

@Suite("tracewire token")
struct TokenTests {
    private let directory: TestDirectory
    private let database: [String]

    init() throws {
        directory = try TestDirectory()
        database = ["--database", directory.file("traces.db")]
    }

    private func create(_ arguments: String...) async throws -> Outcome {
        try await Program().run(["token", "create"] + arguments + database)
    }

    private func token(_ arguments: String...) async throws -> String {
        let made = try await Program().run(["token", "create"] + arguments + database)
        try #require(made.exit == 0, "\(made.errors)")
        return try #require(made.lines.first)
    }

    @Test("the token alone is printed, and never again")
    func secrecy() async throws {
        let made = try await create("--role", "ingest", "--name", "planner")
        #expect(made.exit == 0 && made.lines.count == 1)
        let text = try #require(made.lines.first)
        #expect(text.hasPrefix("tw_") && !made.errors.contains(text))
        let secret = try #require(text.split(separator: "_").last)
        let listed = try await Program().run(["token", "list"] + database)
        #expect(listed.text.contains("planner") && !listed.text.contains(secret))
        for name in try FileManager.default.contentsOfDirectory(atPath: directory.path) {
            #expect(!String(decoding: try directory.read(name), as: UTF8.self).contains(secret))
        }
    }

    @Test("the list has what a token is for, and rows for programs")
    func list() async throws {
        _ = try await token("--role", "ingest", "--role", "query", "--name", "a, b", "--project", "search")
        _ = try await token("--role", "admin", "--expires", "90d")
        let rows = try await Program().run(["token", "list", "--format", "json"] + database).rows()
        #expect(rows.map { $0["roles"] as? String } == ["ingest,query", "admin"])
        #expect(rows.map { $0["project"] as? String } == ["search", "default"])
        #expect(rows.first?["name"] as? String == "a, b" && rows.first?["expires_at"] is NSNull)
        let created = try #require(rows.last?["created_at"] as? Int)
        #expect(rows.last?["expires_at"] as? Int == created + 90 * 86_400_000)
    }

    @Test(
        "what is no role, project, time or token is said",
        arguments: [
            (["token", "create"], 2, "--role"), (["token", "create", "--role", "reader"], 2, "admin"),
            (["token", "create", "--role", "query", "--project", "../x"], 2, "a to z"),
            (["token", "create", "--role", "query", "--expires", "0s"], 2, "--expires"),
            (["token", "create", "--role", "query", "--name", "a\nb"], 1, "one line"),
            (["token", "revoke", "nobody"], 1, "'tracewire token list'"),
        ])
    func faults(arguments: [String], exit: Int32, says: String) async throws {
        let outcome = try await Program().run(arguments + database)
        #expect(outcome.exit == exit && outcome.errors.contains(says), "\(outcome.errors)")
        #expect(outcome.output.isEmpty)
    }

    @Test("a token is revoked through a link to the tokens file, too")
    func link() async throws {
        let id = try #require(try await token("--role", "query").split(separator: "_").dropFirst().first)
        try FileManager.default.createSymbolicLink(
            atPath: directory.file("link"), withDestinationPath: directory.file("traces.db.tokens"))
        let revoked = try await Program().run(["token", "revoke", String(id), "--tokens", directory.file("link")])
        #expect(revoked.exit == 0, "\(revoked.errors)")
        #expect(try await Program().run(["token", "list", "--format", "json"] + database).rows().isEmpty)
    }

    @Test("a revocation is durable before it is said: the file, then its name", .enabled(if: Machine.traces))
    func durability() async throws {
        let id = try #require(try await token("--role", "query").split(separator: "_").dropFirst().first)
        let calls = directory.file("calls")
        let traced = Program(
            executable: URL(filePath: "/usr/bin/env"),
            leading: ["strace", "-f", "-y", "-e", "trace=fsync,/rename", "-o", calls, Paths.tracewire.path])
        let revoked = try await traced.run(["token", "revoke", String(id)] + database)
        #expect(revoked.exit == 0 && revoked.errors.contains("is revoked"), "\(revoked.errors)")
        let text = String(decoding: try directory.read("calls"), as: UTF8.self)
        let steps = ["fsync", "/traces.db.tokens.new>", "rename", "fsync", "<\(directory.path)>)"]
        var rest = text[...]
        for step in steps {
            let found = try #require(rest.range(of: step), "\(step) is missing in \(text)")
            rest = rest[found.upperBound...]
        }
    }

    @Test("a collector that asks for tokens serves who has one, as far as its role goes")
    func use() async throws {
        let (sender, reader) = (try await token("--role", "ingest"), try await token("--role", "query"))
        let collector = try await CollectorProcess(directory: directory, arguments: ["--require-tokens"])
        let line = #"{"event":"workflow.start","at_ms":1,"workflow":"00000000-0000-7000-8000-000000000001","name":"n"}"#
        let refused = try await collector.run("workflows")
        #expect(refused.exit == 1 && refused.errors.contains("wants a token: set TRACEWIRE_TOKEN"))
        #expect(try await run(collector, sender, "import", "-", input: line).exit == 0)
        let unasked = try await run(collector, sender, "workflows")
        #expect(unasked.exit == 1 && unasked.errors.contains("role query"))
        #expect(try await run(collector, reader, "workflows", "--format", "json").rows().count == 1)
        let unsent = try await run(collector, reader, "import", "-", input: line)
        #expect(unsent.exit == 1 && unsent.errors.contains("lacks the role ingest; set TRACEWIRE_TOKEN"))
        #expect(!unsent.errors.contains(reader))
        let pruned = try await run(collector, reader, "prune", "--older-than", "1d", "--yes")
        #expect(pruned.exit == 1 && pruned.errors.contains("role admin"))
        let status = try await run(collector, reader, "status")
        #expect(status.exit == 0 && status.errors.contains("the role admin in the project 'default'"))
        #expect(await collector.end(SIGTERM) == 0)
    }

    private func run(
        _ collector: CollectorProcess, _ token: String, _ arguments: String..., input: String? = nil
    ) async throws -> Outcome {
        var program = collector.program
        program.environment["TRACEWIRE_TOKEN"] = token
        return try await program.run(arguments, input: input)
    }
}
