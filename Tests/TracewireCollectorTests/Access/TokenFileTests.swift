import Foundation
import Testing

@testable import TracewireCollector

@Suite("The tokens file")
struct TokenFileTests {
    private let directory: TemporaryDirectory
    private let file: TokenFile

    init() throws {
        directory = try TemporaryDirectory()
        file = TokenFile(database: directory.path + "/traces.db")
    }

    private func create(_ label: String, _ roles: Roles = .ingest) throws -> (token: AccessToken, text: String) {
        try file.create(label: label, project: .standard, roles: roles, expiresMs: nil, nowMs: 1)
    }

    @Test("a token that was made is listed, and none that was revoked")
    func changes() throws {
        #expect(try file.tokens().isEmpty)
        let first = try create("the planner, in Seoul")
        let search = try #require(ProjectName("search"))
        let second = try file.create(
            label: "", project: search, roles: [.ingest, .query], expiresMs: 5_000, nowMs: 7)
        #expect(try file.tokens() == [first.token, second.token])
        #expect(second.token.isExpired(atMs: 5_000) && !second.token.isExpired(atMs: 4_999))
        #expect(try file.revoke(id: first.token.id) == first.token)
        #expect(try file.revoke(id: first.token.id) == nil)
        #expect(try file.tokens() == [second.token])
    }

    @Test("the file has neither a token nor its secret, and is its owner's alone")
    func secrecy() throws {
        let (token, text) = try create("planner")
        let secret = try #require(text.split(separator: "_").last)
        let content = try String(contentsOfFile: file.path, encoding: .utf8)
        #expect(content.contains(token.id) && !content.contains(secret))
        for name in [file.path, file.path + ".lock"] {
            var facts = stat()
            try #require(stat(name, &facts) == 0)
            #expect(facts.st_mode & 0o777 == 0o600)
        }
    }

    @Test("a token is authenticated by its own text alone")
    func authentication() throws {
        let (token, text) = try create("planner")
        let other = try create("other").text
        #expect(token.isAuthenticated(by: text))
        for wrong in [other, String(text.dropLast()), text + "0", text.uppercased(), "tw_\(token.id)_", ""] {
            #expect(!token.isAuthenticated(by: wrong))
        }
    }

    @Test("two programs that change it at a time lose nothing")
    func concurrency() async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<32 { group.addTask { _ = try create("\(number)") } }
            try await group.waitForAll()
        }
        #expect(Set(try file.tokens().map(\.label)) == Set((0..<32).map(String.init)))
    }

    @Test(
        "a line that is no token is named, and the file left as it is",
        arguments: [
            "x", "id digest ingest default 1 - ", "id \(String(repeating: "0", count: 64)) reader default 1 - n",
        ])
    func damage(line: String) throws {
        _ = try create("planner")
        let damaged = try String(contentsOfFile: file.path, encoding: .utf8) + line + "\n"
        try damaged.write(toFile: file.path, atomically: true, encoding: .utf8)
        let error = #expect(throws: CollectorError.self) { try create("another") }
        #expect(error?.code == .tokens && error?.message.contains("line 3 of \(file.path)") == true)
        #expect(try String(contentsOfFile: file.path, encoding: .utf8) == damaged)
    }

    @Test(
        "a label is one line, and begins with a character of its own",
        arguments: [
            "two\nlines", "a\u{1b}[2J", "a\u{7f}", "a\u{85}b", "a\u{2028}b", "\u{301}x", "\u{20dd}", "\u{200d}x",
            "\u{202e}x", String(repeating: "x", count: 201),
        ])
    func labels(label: String) throws {
        #expect(throws: CollectorError.self) { try create(label) }
        #expect(try file.tokens().isEmpty)
    }

    @Test(
        "a label that is shown as it is can be written and read",
        arguments: ["검색 팀", "e\u{301}", "👩\u{200d}🔬", " two  spaces ", "# no comment", "-"])
    func fitLabels(label: String) throws {
        let token = try create(label).token
        #expect(try file.tokens() == [token])
    }

    @Test("a mark at the beginning of a label, which an older version let through, keeps no token from being read")
    func oldLabels() throws {
        _ = try create("x")
        let old = try String(contentsOfFile: file.path, encoding: .utf8).replacing(" x\n", with: " \u{301}\n")
        try old.write(toFile: file.path, atomically: true, encoding: .utf8)
        #expect(try file.tokens().map(\.label) == ["\u{301}"])
        _ = try create("y")
        #expect(try file.tokens().count == 2)
    }

    @Test("what could not be read again is not written")
    func unreadable() throws {
        let token = try create("x").token
        var list = TokenList()
        list.add(
            AccessToken(
                id: "id", label: "two\nlines", project: .standard, roles: .query, createdMs: 1, expiresMs: nil,
                digest: token.digest))
        #expect(throws: CollectorError.self) { try file.write(list) }
        #expect(try file.tokens() == [token])
    }

    @Test("a link to the file stays, and leads to what was changed", arguments: [false, true])
    func links(isDatabase: Bool) throws {
        let token = try create("x").token
        let link = directory.path + (isDatabase ? "/other.db" : "/link")
        try #require(symlink(isDatabase ? directory.path + "/traces.db" : file.path, link) == 0)
        let linked = isDatabase ? TokenFile(database: link) : TokenFile(path: link)
        #expect(try linked.revoke(id: token.id) == token)
        #expect(try file.tokens().isEmpty)
        var facts = stat()
        #expect(lstat(link, &facts) == 0 && facts.st_mode & S_IFMT == S_IFLNK)
    }

    @Test("what a killed program has left of a new file is no hindrance, and nothing is written through a link there")
    func leftovers() throws {
        let other = directory.path + "/other"
        try "precious".write(toFile: other, atomically: true, encoding: .utf8)
        try #require(symlink(other, file.path + ".new") == 0)
        let token = try create("x").token
        #expect(try file.tokens() == [token])
        #expect(try String(contentsOfFile: other, encoding: .utf8) == "precious")
    }

    @Test("root changes it for its owner, and makes it for the directory's", .enabled(if: geteuid() == 0))
    func owner() throws {
        try #require(chown(directory.path, 65_534, 65_534) == 0)
        let token = try create("x").token
        for name in [file.path, file.path + ".lock"] { #expect(owner(of: name) == 65_534) }
        try #require(chown(file.path, 4_711, 4_711) == 0)
        _ = try file.revoke(id: token.id)
        #expect(owner(of: file.path) == 4_711)
    }

    private func owner(of path: String) -> uid_t? {
        var facts = stat()
        return stat(path, &facts) == 0 ? facts.st_uid : nil
    }
}

@Suite("Names of projects and roles")
struct ProjectNameTests {
    @Test("a project's name can be a file's", arguments: ["a", "search-2", "0_x", String(repeating: "p", count: 64)])
    func fit(name: String) {
        #expect(ProjectName(name)?.description == name)
    }

    @Test(
        "what could leave the directory, or be another file, is no name",
        arguments: ["", "..", "a/b", "A", "a.db", "-x", "_x", "ä", "a\0", " a", String(repeating: "p", count: 65)])
    func unfit(name: String) {
        #expect(ProjectName(name) == nil)
    }

    @Test("roles are read as they are written")
    func roles() {
        for roles: Roles in [.ingest, .query, [.ingest, .query], .administration] {
            #expect(Roles(list: roles.description[...]) == roles)
        }
        #expect(Roles.administration.contains(.ingest) && Roles.administration.contains(.query))
        for wrong in ["", "reader", "ingest,", "ingest query"] { #expect(Roles(list: wrong[...]) == nil) }
    }
}
