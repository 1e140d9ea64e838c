import Testing
import TracewireProtocol

@Suite("JSON validation")
struct JSONValidatorTests {
    private func isValid(_ bytes: [UInt8]) -> Bool { JSONValidator.isValid(bytes.span) }

    private func end(_ bytes: [UInt8], from start: Int) -> Int? { JSONValidator.endOfValue(bytes.span, from: start) }

    @Test(
        "accepts RFC 8259 values",
        arguments: [
            "null", "true", "false", "0", "-0", "1.5e-10", "1E5", "\"\"", "\"\\u00e9\\n\\\"\"", "\"\\ud800\"", "[]",
            "{}",
            " [1, 2 ,{\"a\":[]}] ", "{\"가\":\"나\",\"b\":{\"c\":null}}", "[[],[],{}]", "\"\u{7f}\"",
        ])
    func accepts(text: String) {
        #expect(isValid(Array(text.utf8)))
    }

    @Test(
        "refuses everything else",
        arguments: [
            "", " ", "nul", "truex", "01", "-", "1.", ".5", "1e", "+1", "NaN", "Infinity", "'a'", "\"", "\"\\x\"",
            "\"\\u12g4\"", "\"\\u12\"", "\"\n\"", "[", "]", "[1", "[1,]", "[,1]", "[1 2]", "{", "{\"a\"}", "{\"a\":}",
            "{\"a\":1,}", "{a:1}", "{1:2}", "{\"a\":1]", "[1}", "1 2", "{} {}", "// c", "\u{feff}1",
        ])
    func refuses(text: String) {
        #expect(!isValid(Array(text.utf8)))
    }

    @Test("bounds the depth, without recursion")
    func depth() {
        func nested(_ depth: Int) -> [UInt8] {
            [UInt8](repeating: UInt8(ascii: "["), count: depth) + [UInt8](repeating: UInt8(ascii: "]"), count: depth)
        }
        #expect(isValid(nested(Limits.jsonDepth)))
        #expect(!isValid(nested(Limits.jsonDepth + 1)))
        #expect(!isValid(nested(1_000_000)))
    }

    @Test("finds the end of a value inside a longer text")
    func endOfValue() {
        let text = Array("{\"a\":[1,{\"b\":\"}\"}],\"c\":2} rest".utf8)
        #expect(end(text, from: 0) == 25)
        #expect(end(text, from: 5) == 18)
        #expect(end(text, from: 26) == nil)
    }
}
