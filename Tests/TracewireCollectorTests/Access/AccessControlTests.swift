import Foundation
import Testing
import TracewireProtocol

@testable import TracewireCollector

@Suite("Who stays", .timeLimit(.minutes(5)))
struct AccessControlTests {
    private let directory: TemporaryDirectory
    private let file: TokenFile
    private let heard = HeardLines()

    init() throws {
        directory = try TemporaryDirectory()
        file = TokenFile(database: directory.path + "/traces.db")
    }

    private func access() throws -> AccessControl {
        var configuration = CollectorConfiguration(databasePath: directory.path + "/traces.db")
        configuration.requiresTokens = true
        return try AccessControl(configuration, logger: heard.logger)
    }

    private func create(expiresMs: Int64? = nil) throws -> (token: AccessToken, text: String) {
        try file.create(label: "x", project: .standard, roles: .ingest, expiresMs: expiresMs, nowMs: 0)
    }

    /// Writes the file anew, as a person may.
    private func change(_ old: String, to new: String) throws {
        let text = try String(contentsOfFile: file.path, encoding: .utf8)
        try #require(text.contains(old))
        try text.replacing(old, with: new).write(toFile: file.path, atomically: true, encoding: .utf8)
    }

    /// Why the connection of `principal` ends, as soon as the file is looked at again.
    private func reason(_ access: AccessControl, _ principal: Principal) -> String {
        let end = ContinuousClock.now + .seconds(60)
        while .now < end { if let refusal = access.refusal(of: principal) { return refusal.message } }
        return "it does not end"
    }

    @Test("a connection ends when its token expires, and not before")
    func expiry() throws {
        let text = try create(expiresMs: 5_000).text
        let access = try access()
        let principal = try access.principal(token: text, nowMs: 0).get()
        #expect(access.refusal(of: principal, nowMs: 4_999) == nil)
        let refusal = try #require(access.refusal(of: principal, nowMs: 5_000))
        #expect(refusal.code == .unauthorized && refusal.message.contains("expired"))
    }

    @Test("a connection that needed no token ends when one is asked for, and not where none is")
    func trusted() throws {
        var configuration = CollectorConfiguration(databasePath: directory.path + "/traces.db")
        configuration.allowsInsecure = true
        let local = try AccessControl(configuration, logger: heard.logger)
        configuration.listenHost = "0.0.0.0"
        let access = try AccessControl(configuration, logger: heard.logger)
        let principal = try access.principal(token: "").get()
        #expect(principal == .trusted && access.refusal(of: principal, nowMs: .max) == nil)
        _ = try create()
        #expect(reason(access, principal).contains("asks for a token"))
        #expect((try? local.principal(token: "").get()) == .trusted && local.refusal(of: .trusted) == nil)
    }

    @Test("a collector that starts when the last token is revoked asks for one all the same")
    func revoked() throws {
        var configuration = CollectorConfiguration(databasePath: directory.path + "/traces.db")
        (configuration.allowsInsecure, configuration.listenHost) = (true, "0.0.0.0")
        #expect(try !AccessControl(configuration, logger: heard.logger).demandsTokens)
        let token = try create().token
        #expect(try file.revoke(id: token.id) == token)
        let access = try AccessControl(configuration, logger: heard.logger)
        #expect(access.hasNoTokens && access.demandsTokens)
        #expect((try? access.principal(token: "").get()) == nil)
    }

    @Test("a token that was made and revoked between two looks was there")
    func unseen() throws {
        var configuration = CollectorConfiguration(databasePath: directory.path + "/traces.db")
        (configuration.allowsInsecure, configuration.listenHost) = (true, "0.0.0.0")
        let access = try AccessControl(configuration, logger: heard.logger)
        #expect((try? access.principal(token: "").get()) == .trusted)
        _ = try file.revoke(id: create().token.id)
        #expect((try? access.principal(token: "").get()) == nil)
    }

    @Test(
        "a connection does not keep what its token does not allow any more",
        arguments: [(" ingest ", " query "), (" default ", " search "), ("0", "1")])
    func changes(old: String, new: String) throws {
        let (token, text) = try create()
        let access = try access()
        let principal = try access.principal(token: text).get()
        // Of the digest, only its first zero, if it has one.
        let digest = Hexadecimal.text(token.digest)
        let other = String(digest.reversed())
        try old == "0" ? change(digest, to: other) : change(old, to: new)
        #expect(reason(access, principal).contains("changed"))
    }

    @Test("a label that changes ends no connection")
    func label() throws {
        let text = try create().text
        let access = try access()
        let principal = try access.principal(token: text).get()
        try change(" x\n", to: " y\n")
        #expect((try? access.principal(token: text).get()) != nil)
        #expect(heard.lines.contains { $0.contains("read again") })
        #expect(access.refusal(of: principal) == nil)
    }

    @Test("a change is seen that keeps size and time of the file, and the file itself")
    func disguised() throws {
        let (token, text) = try create()
        let access = try access()
        var facts = stat()
        try #require(stat(file.path, &facts) == 0)
        let digest = Hexadecimal.text(token.digest)
        let content = try String(contentsOfFile: file.path, encoding: .utf8)
        let stream = try #require(fopen(file.path, "r+"))
        fputs(content.replacing(digest, with: String(digest.reversed())), stream)
        fclose(stream)
        let times = [facts.st_atim, facts.st_mtim]
        try #require(utimensat(AT_FDCWD, file.path, times, 0) == 0)
        #expect((try? access.principal(token: text).get()) == nil)
    }

    @Test("a file that a link leads to is read, also when it leads to another one")
    func links() throws {
        let text = try create().text
        let (real, link, empty) = (file.path, directory.path + "/link", directory.path + "/empty")
        try #require(symlink(real, link) == 0)
        var configuration = CollectorConfiguration(databasePath: directory.path + "/traces.db")
        configuration.tokensPath = link
        let access = try AccessControl(configuration, logger: heard.logger)
        #expect((try? access.principal(token: text).get()) != nil)
        try "".write(toFile: empty, atomically: true, encoding: .utf8)
        try #require(symlink(empty, link + ".new") == 0 && rename(link + ".new", link) == 0)
        #expect((try? access.principal(token: text).get()) == nil)
    }

    @Test("a file that is damaged changes nothing, and is said once, until it is mended")
    func damage() throws {
        let text = try create().text
        let access = try access()
        let principal = try access.principal(token: text).get()
        try change(" ingest ", to: " nothing ")
        for _ in 1...3 { #expect((try? access.principal(token: text).get()) == principal) }
        #expect(access.failure?.contains(file.path) == true)
        try change(" nothing ", to: " query ")
        #expect(try access.principal(token: text).get().roles == .query)
        #expect(access.failure == nil)
        #expect(heard.lines.filter { $0.hasPrefix("error") }.count == 1)
        #expect(reason(access, principal).contains("changed"))
    }

    @Test("a token that was revoked while the file could not be read is refused once it can be")
    func mended() async throws {
        // In a process of its own: its descriptors run out.
        await #expect(processExitsWith: .success) {
            let test = try AccessControlTests()
            let (token, text) = try test.create()
            let access = try test.access()
            _ = try access.principal(token: text).get()
            #expect(try test.file.revoke(id: token.id) == token)
            var limit = rlimit()
            try #require(getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0)
            var none = rlimit(rlim_cur: 0, rlim_max: limit.rlim_max)
            try #require(setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &none) == 0)
            for _ in 1...3 { #expect((try? access.principal(token: text).get()) != nil) }
            try #require(setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0)
            let end = ContinuousClock.now + .seconds(60)
            while (try? access.principal(token: text).get()) != nil, .now < end {}
            #expect((try? access.principal(token: text).get()) == nil)
            #expect(test.heard.lines.filter { $0.hasPrefix("error") }.count == 1)
        }
    }
}
