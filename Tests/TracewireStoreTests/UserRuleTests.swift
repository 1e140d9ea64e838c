import Testing
import TracewireProtocol

@testable import TracewireStore

struct UserRuleTests {
    @Test func `an email can be added once, and not changed`() throws {
        let recorder = try Recorder()
        let codes = try recorder.codes(
            user("kim", at: 1), user("kim", at: 2), user("kim", email: "kim@mail.example", at: 3), user("kim", at: 4),
            user("kim", email: "kim@mail.example", at: 5), user("kim", email: "other@mail.example", at: 6))
        #expect(codes == [.ok, .ok, .ok, .ok, .ok, .conflictingDuplicate])
        #expect(
            try recorder.rows("SELECT username, email, created_at, updated_at FROM users")
                == [[.text("kim"), .text("kim@mail.example"), .integer(1), .integer(3)]])
    }

    @Test func `an email belongs to one user`() throws {
        let recorder = try Recorder()
        let codes = try recorder.codes(
            user("kim", email: "kim@mail.example"), user("lee", email: "kim@mail.example"), user("lee"),
            user("lee", email: "kim@mail.example"))
        #expect(codes == [.ok, .conflictingDuplicate, .ok, .conflictingDuplicate])
        #expect(try recorder.value("SELECT count(*) FROM users WHERE email IS NULL") == .integer(1))
    }

    @Test func `a user has the identifier of its record, or one that the store makes`() throws {
        let recorder = try Recorder()
        let given = identifier(7)
        let record = Record<String>(atMs: 1, event: .user(User(id: given, username: "kim")))
        try recorder.send(record, user("lee"))
        #expect(
            try recorder.rows("SELECT uuid FROM users WHERE username = 'kim'")
                == [[.blob(given.withBytes { [UInt8](copying: $0) })]])
        #expect(try recorder.value("SELECT length(uuid) FROM users WHERE username = 'lee'") == .integer(16))
        let stranger = Record<String>(atMs: 1, event: .user(User(id: given, username: "park")))
        #expect(try recorder.codes(stranger) == [.conflictingDuplicate])
    }

    @Test func `a refusal says which of email and identifier is another user's`() throws {
        let recorder = try Recorder()
        let sameIdentifier = Record<String>(
            atMs: 1, event: .user(User(id: identifier(7), username: "park", email: "park@mail.example")))
        try recorder.send(
            Record(atMs: 1, event: .user(User(id: identifier(7), username: "kim", email: "kim@mail.example"))),
            user("lee", email: "kim@mail.example"), sameIdentifier)
        #expect(
            try recorder.rows("SELECT message FROM rejected_records ORDER BY id") == [
                [.text("the email of user lee is another user's already")],
                [.text("the identifier of user park is another user's already")],
            ])
    }

    @Test func `names are told apart byte by byte, NUL and all`() throws {
        let recorder = try Recorder()
        #expect(
            try recorder.codes(user("a"), user("A"), user("a\0b"), user("a\0c"), user("")) == [
                .ok, .ok, .ok, .ok, .missingField,
            ])
        #expect(try recorder.value("SELECT count(*) FROM users") == .integer(4))
    }
}
