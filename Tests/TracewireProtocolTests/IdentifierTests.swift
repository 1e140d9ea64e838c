import Testing
import TracewireProtocol

@Suite("An identifier")
struct IdentifierTests {
    @Test("round-trips through its text and its bytes")
    func roundTrip() throws {
        let text = "0199c83c-0243-7414-9fb5-355e1e2feb89"
        let identifier = try #require(Identifier(text))
        #expect(identifier.description == text)
        #expect(Identifier(text.uppercased()) == identifier)
        let bytes = identifier.withBytes { [UInt8](copying: $0) }
        #expect(bytes.prefix(4) == [0x01, 0x99, 0xc8, 0x3c])
        let copy = Identifier(bytes: bytes.span)
        #expect(copy == identifier)
    }

    @Test(
        "refuses what is not canonical",
        arguments: [
            "", "0199c83c02437414-9fb5-355e1e2feb89", "0199c83c-0243-7414-9fb5-355e1e2feb8",
            "0199c83c-0243-7414-9fb5-355e1e2feb890", "0199c83g-0243-7414-9fb5-355e1e2feb89",
            "{199c83c-0243-7414-9fb5-355e1e2feb89}",
        ])
    func refusals(text: String) {
        #expect(Identifier(text) == nil)
    }

    @Test("of version 7 carries its time, version and variant, and sorts by time")
    func version7() {
        let early = Identifier(milliseconds: 1_760_000_000_000)
        let late = Identifier(milliseconds: 1_760_000_000_001)
        #expect(early.high >> 16 == 1_760_000_000_000)
        #expect(early.high >> 12 & 0xf == 7)
        #expect(early.low >> 62 == 0b10)
        #expect(early.description < late.description)
        #expect(Identifier(milliseconds: 5) != Identifier(milliseconds: 5))
    }

    @Test("needs sixteen bytes", arguments: [0, 15, 17])
    func lengths(count: Int) {
        let identifier = Identifier(bytes: [UInt8](repeating: 1, count: count).span)
        #expect(identifier == nil)
    }
}
