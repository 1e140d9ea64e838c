import Testing
import Tracewire

@Suite struct JSONTextTests {
    @Test func `literals become the JSON that they look like`() {
        let value: JSONText = [
            "area": "성수", "budget": 50_000, "ratio": 0.5, "open": true, "note": nil, "stops": ["cafe", []],
        ]
        #expect(
            value.text
                == #"{"area":"성수","budget":50000,"ratio":0.5,"open":true,"note":null,"stops":["cafe",[]]}"#)
        let empty: JSONText = [:]
        #expect(empty.text == "{}")
    }

    @Test func `a string is quoted so that it reads back`() {
        #expect(
            JSONText.string("a\"b\\c\n\t\r\u{1}\0é\u{202E}").text == "\"a\\\"b\\\\c\\n\\t\\r\\u0001\\u0000é\u{202E}\"")
        #expect(JSONText(validating: JSONText.string("\u{7F}\u{1F}").text) != nil)
        let name = "mina"
        let interpolated: JSONText = "user \(name)"
        #expect(interpolated.text == #""user mina""#)
    }

    @Test func `text is taken as it is if it is one JSON value`() {
        #expect(JSONText(validating: #" {"b": 1.50, "a": [] } "#)?.text == #" {"b": 1.50, "a": [] } "#)
        for text in ["", "{", "{} {}", "nul", "[1,]", "NaN", "'a'"] { #expect(JSONText(validating: text) == nil) }
    }

    @Test func `numbers that JSON does not have become null`() {
        #expect(JSONText.number(.nan) == .null)
        #expect(JSONText.number(-.infinity) == .null)
        #expect(JSONText(validating: JSONText.number(1e300).text) != nil)
        #expect(JSONText(validating: JSONText.number(.leastNonzeroMagnitude).text) != nil)
    }
}
