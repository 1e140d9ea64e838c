import Testing

@testable import TracewireStore

struct ErrorGroupTests {
    private func group(_ text: String) -> String {
        String(decoding: ErrorGroup(text.utf8).bytes, as: UTF8.self)
    }

    @Test(arguments: [
        ("upstream 503 after 1240 ms", "upstream 503 after # ms"), ("429", "429"), ("line 42: bad", "line #: bad"),
        ("no run 0199d1a3-7c00-7000-8000-000000000001 here", "no run # here"),
        ("at 2026-11-23T10:00:00.123Z", "at #Z"),
        ("utf8 and http2 stay, 4o does not", "utf8 and http2 stay, #o does not"),
        ("deadbeef01 is one, deadbeefs is none", "# is one, deadbeefs is none"),
        ("  two\t spaces \r\nmore", "two spaces"),
        ("성수에서 3번 실패", "성수에서 #번 실패"), ("", ""), ("\n\n second line counts", "second line counts"),
        ("took 1.5 s, 10.0.0.1:4747", "took # s, #"), ("#1", "#"), ("600 is no status", "# is no status"),
    ]) func `a message is told by what does not change in it`(message: String, expected: String) {
        #expect(group(message) == expected)
    }

    @Test func `what is long is cut between characters, and again is the same`() {
        for text in [String(repeating: "가", count: 400), String(repeating: "🙂x", count: 400)] {
            let once = group(text)
            #expect(once.utf8.count <= ErrorGroup.limit && once.utf8.count > ErrorGroup.limit - 4)
            #expect(!once.contains("\u{fffd}"))
            #expect(group(once) == once)
        }
    }

    @Test func `any bytes are taken`() {
        for byte in UInt8.min...UInt8.max {
            for count in [1, 2, 299, 300, 301] {
                #expect(ErrorGroup(Array(repeating: byte, count: count)).bytes.count <= ErrorGroup.limit)
            }
        }
    }
}
