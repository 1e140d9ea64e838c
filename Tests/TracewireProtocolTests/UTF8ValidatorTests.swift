import Testing
import TracewireProtocol

struct UTF8ValidatorTests {
    private func agrees(_ bytes: [UInt8]) -> Bool {
        UTF8Validator.isValid(bytes.span) == (String(validating: bytes, as: UTF8.self) != nil)
    }

    @Test(arguments: [0, 5])
    func `every sequence of two bytes, and every lead with telling followers, is judged as by the standard library`(
        before: Int
    ) {
        let telling: [UInt8] = [0, 0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc0, 0xc2, 0xe0, 0xed, 0xf0, 0xf4, 0xff]
        let prefix = [UInt8](repeating: UInt8(ascii: "a"), count: before)
        for first in UInt8(0x7e)...UInt8.max {
            for second in stride(from: UInt8(0x70), to: 0xd0, by: 3) {
                let text = prefix + [first, second] + Array("한abcdefgh".utf8)
                if !agrees(text) { Issue.record("\(first) \(second)") }
            }
            for second in telling {
                for third in [0x7f, 0x80, 0xbf, 0xc0] as [UInt8] {
                    for fourth in [0x7f, 0x80, 0xbf, 0xc0] as [UInt8] {
                        let text = prefix + [first, second, third, fourth]
                        if !agrees(text) || !agrees(text + prefix) { Issue.record("\(text)") }
                    }
                }
            }
        }
    }

    @Test func `a text is judged right at every length that it is cut to, and with every byte changed`() {
        let text = Array("ASCII and 한국어, العربية, éü, 👩‍👩‍👧 and ​zero width; \0 too".utf8)
        for count in 0...text.count { #expect(agrees(Array(text[..<count]))) }
        for index in text.indices {
            for change in [UInt8(0x80), 0x40, 0x20, 0x10, 0x01] {
                var changed = text
                changed[index] ^= change
                if !agrees(changed) { Issue.record("byte \(index) changed by \(change)") }
            }
        }
    }
}
