import Foundation
import Testing

@Suite("TLS", .timeLimit(.minutes(5)))
struct TLSTests {
    private let directory: TestDirectory

    init() async throws {
        directory = try TestDirectory()
        let made = try await Program(executable: URL(filePath: Paths.certificates)).run([directory.path])
        try #require(made.exit == 0, "\(made.errors)")
    }

    private func certificate(_ name: String = "server", clientCA: String? = nil) -> [String] {
        ["--tls-certificate", directory.file("\(name).pem"), "--tls-key", directory.file("\(name).key")]
            + (clientCA.map { ["--tls-client-ca", directory.file("\($0).pem")] } ?? [])
    }

    private func collector(_ arguments: [String]) async throws -> CollectorProcess {
        try await CollectorProcess(directory: directory, arguments: arguments)
    }

    private var trusting: [String] { ["--tls-ca", directory.file("ca.pem")] }

    private func run(
        _ arguments: [String], _ collector: CollectorProcess, _ environment: [String: String] = [:],
        input: String? = nil
    ) async throws -> Outcome {
        var program = collector.program
        program.environment.merge(environment) { $1 }
        return try await program.run(arguments, input: input)
    }

    @Test("is said where it listens, and every command takes it from its options or from the environment")
    func commands() async throws {
        let collector = try await collector(certificate())
        #expect(collector.announcement.contains("\(collector.address) with TLS, database "))
        let imported = try await run(["import", "-"] + trusting, collector, input: SampleRuns.text)
        #expect(imported.exit == 0, "\(imported.errors)")
        let variables = ["TRACEWIRE_TLS_CA": directory.file("ca.pem")]
        for command in [
            ["status"], ["workflows"], ["show", "1"], ["show", "1", "--follow"], ["diff", "1"], ["stats", "nodes"],
            ["cost"],
            ["errors"], ["sql", "SELECT 1"], ["tail", "--after", "0", "--limit", "1"], ["export"], ["rejected"],
            ["check"],
            ["search", "a"], ["forward", directory.path], ["demo"],
            ["prune", "--older-than", "999d", "--dry-run"], ["backup", directory.file("copy.db")],
        ] {
            let outcome = try await run(command, collector, variables)
            #expect(outcome.exit == 0, "\(command): \(outcome.errors)")
        }
        #expect(try await run(["status", "--no-tls"], collector, variables).exit == 1)
    }

    @Test("that is missing on one side, or not to be trusted, is said with what to do and an exit code for scripts")
    func refusals() async throws {
        let secured = try await collector(certificate())
        let plain = try await run(["status"], secured)
        #expect(plain.exit == 1 && plain.errors.contains("--tls"), "\(plain.errors)")
        let untrusted = try await run(["status", "--tls"], secured)
        #expect(untrusted.exit == 3 && untrusted.errors.contains("not signed by an authority"), "\(untrusted.errors)")
        let half = try await run(["status", "--tls-certificate", "x.pem"] + trusting, secured)
        #expect(half.exit == 2 && half.errors.contains("TRACEWIRE_TLS_KEY"), "\(half.errors)")
        let open = try await CollectorProcess(directory: try TestDirectory())
        let none = try await run(["status"] + trusting, open)
        #expect(none.exit == 3 && none.errors.contains("speaks no TLS"), "\(none.errors)")
    }

    @Test("with a client's certificate is for those who have one")
    func clients() async throws {
        let collector = try await collector(certificate(clientCA: "ca"))
        let own = ["--tls-certificate", directory.file("client.pem"), "--tls-key", directory.file("client.key")]
        #expect(try await run(["status"] + trusting + own, collector).exit == 0)
        let refused = try await run(["status"] + trusting, collector)
        #expect(refused.exit == 1 && refused.errors.contains("certificate that it trusts"), "\(refused.errors)")
    }

    @Test("is not served with half of what it needs, nor with what cannot be used")
    func serving() async throws {
        let serve = ["serve", "--listen", "127.0.0.1:0", "--database", directory.file("traces.db")]
        let half = try await Program().run(serve + ["--tls-certificate", directory.file("server.pem")])
        #expect(half.exit == 2 && half.errors.contains("--tls-key"), "\(half.errors)")
        var settings = Program()
        settings.environment = ["TRACEWIRE_TLS_KEY": directory.file("server.key")]
        #expect(try await settings.run(serve).exit == 2)
        let missing = try await Program().run(serve + certificate("none"))
        #expect(missing.exit == 1 && missing.errors.contains("none.pem"), "\(missing.errors)")
        #expect(missing.output.isEmpty)
        #expect(!FileManager.default.fileExists(atPath: directory.file("traces.db")))
    }

    @Test("is there after the three commands that the README gives")
    func example() async throws {
        let page = try Paths.page("README.md")
        let commands = try #require(page.firstMatch(of: /```sh\n(openssl (?s).*?)tracewire serve/)?.output.1)
        let made = try await Program(executable: URL(filePath: "/bin/sh")).run(
            ["-c", "cd '\(directory.path)' && \(commands)"])
        #expect(made.exit == 0, "\(made.errors)")
        let collector = try await collector(
            ["--tls-certificate", directory.file("cert.pem"), "--tls-key", directory.file("key.pem")])
        let status = try await run(["status"], collector, ["TRACEWIRE_TLS_CA": directory.file("cert.pem")])
        #expect(status.exit == 0, "\(status.errors)")
    }

    @Test("reads its files again at SIGHUP, and serves on")
    func hangup() async throws {
        let collector = try await collector(certificate())
        for name in ["key", "pem"] {
            try Data(contentsOf: URL(filePath: directory.file("renewed.\(name)")))
                .write(to: URL(filePath: directory.file("server.\(name)")), options: .atomic)
        }
        kill(collector.identifier, SIGHUP)
        while try await run(["status", "--tls-ca", directory.file("other-ca.pem")], collector).exit != 0 {}
        #expect(try await run(["status"] + trusting, collector).exit == 3)
        #expect(await collector.end(SIGTERM) == 0)
    }

    @Test("is TLS as OpenSSL knows it, from 1.2 on, and ends with GOAWAY and a goodbye of its own")
    func openSSL() async throws {
        let collector = try await collector(certificate())
        let outcome = try await Program.python(
            "tls_peer.py", [collector.address, directory.file("ca.pem"), "\(collector.identifier)"])
        let said = try #require(try outcome.json() as? [String: Any], "\(outcome.errors)")
        for version in ["TLSv1.2", "TLSv1.3"] {
            let session = try #require(said[version] as? [Any])
            #expect(session.first as? String == "tracewire")
            #expect((session[1] as? String)?.contains("CBC") == false)
            // WELCOME and GREASE.
            #expect(session.last as? [Int] == [2, 250])
        }
        #expect((said["old"] as? String)?.contains("VERSION") == true, "\(said)")
        let end = try #require(said["end"] as? [Any])
        #expect(end[0] as? [Int] == [2, 250])
        #expect(end[1] as? [Int] == [16])
        #expect(end[2] as? String == "said goodbye")
        #expect(await collector.end(0) == 0)
    }
}
