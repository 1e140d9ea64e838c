import Testing
import TracewireProtocol

@testable import TracewireCLI

@Suite("Reading events")
struct LineScannerTests {
    private static let workflow = "0199c8aa-0000-7000-8000-000000000001"
    private static let node = "0199c8aa-0001-7000-8000-000000000001"

    private func scan(_ line: String) throws -> Record<String>? {
        var scanner = LineScanner()
        return try scanner.record(Array(line.utf8).span)
    }

    private func fault(_ line: String) -> LineFault? {
        var scanner = LineScanner()
        do throws(LineFault) {
            _ = try scanner.record(Array(line.utf8).span)
            return nil
        } catch {
            return error
        }
    }

    private func generation(_ members: String) throws -> Generation<String> {
        let record = try scan(#"{"event":"generation","generation":"\#(Self.node)",\#(members),"at_ms":1}"#)
        guard case .generation(let generation) = record?.event else { throw LineFault(.unknownRecord, "no generation") }
        return generation
    }

    @Test("reads every kind of event with all its keys")
    func everyKind() throws {
        var start = WorkflowStart<String>()
        start.workflow = try #require(Identifier(Self.workflow))
        start.username = "mina"
        start.name = "date_course"
        start.userInput = "성수"
        start.inputType = "voice"
        start.timeSettings = #"{"b":1,"a":2}"#
        start.dateTheme = "[]"
        start.userIntent = "1.50"
        start.searchRadius = 500
        start.tags = #"["x"]"#
        start.metadata = "true"
        let line = #"""
            {"event":"workflow.start","workflow":"\#(Self.workflow)","username":"mina","name":"date_course",
            "user_input":"성수","input_type":"voice","time_settings":{"b":1,"a":2},"date_theme":[],"user_intent":1.50,
            "search_radius":500,"tags":["x"],"metadata":true,"at_ms":17}
            """#.replacing("\n", with: " ")
        #expect(try scan(line) == Record(atMs: 17, event: .workflowStart(start)))
    }

    @Test("what is written of a record is read as the same record", arguments: EventKind.allCases)
    func roundTrip(kind: EventKind) throws {
        let record = Record(atMs: 99, event: try Examples.event(kind))
        var scanner = LineScanner()
        let read = try scanner.record(EventLine.line(record).span)
        #expect(read == record)
        #expect(scanner.ignoredKeys.isEmpty)
    }

    @Test("keeps JSON values as the text that stands there")
    func rawJSON() throws {
        let text = #"{ "é\u00e9" : [1.0, 1e3 , "\ud800"] }"#
        #expect(try generation(#""parsed_output" :  \#(text) "#).parsedOutput == text)
    }

    @Test("resolves the escapes of texts, and joins surrogate pairs")
    func escapes() throws {
        let output = try generation(#""output":"\"\\\/\b\f\n\r\t\u0000\u00e9\uac00\ud83c\udf19|""#).output
        #expect(output == "\"\\/\u{8}\u{c}\n\r\t\0é가🌙|")
    }

    @Test("takes null, and an absent key, for absent")
    func absent() throws {
        let generation = try generation(#""output":null,"temperature":null,"parsed_output":null,"node":null"#)
        #expect(generation.output == nil && generation.temperature == nil && generation.parsedOutput == nil)
        #expect(generation.node == .zero)
    }

    @Test(
        "takes integers in any notation",
        arguments: [
            ("0", 0), ("-0", 0), ("17", 17), ("1e3", 1000), ("1.50e1", 15), ("20.000", 20), ("120e-1", 12), ("0e99", 0),
            ("0.0001e4", 1), ("9223372036854775807", .max), ("-9223372036854775808", .min), ("1.0E+2", 100),
            ("100000000000000000000e-2", 1_000_000_000_000_000_000), ("0e-99999999999999999999", 0),
        ] as [(String, Int64)])
    func integers(text: String, value: Int64) throws {
        #expect(try generation(#""max_tokens":\#(text)"#).maxTokens == value)
    }

    @Test(
        "refuses numbers that are none, or are too large for their key",
        arguments: [
            ("max_tokens", "1.5", Code.valueOutOfRange), ("max_tokens", "1e-1", .valueOutOfRange),
            ("max_tokens", "9223372036854775808", .valueOutOfRange), ("max_tokens", "1e19", .valueOutOfRange),
            ("max_tokens", "-9223372036854775809", .valueOutOfRange), ("max_tokens", "1e999999999", .valueOutOfRange),
            ("max_tokens", "123456789012345678901234567890", .valueOutOfRange),
            ("max_tokens", "\"1\"", .malformedRecord), ("max_tokens", "true", .malformedRecord),
            ("temperature", "\"x\"", .malformedRecord), ("temperature", "[]", .malformedRecord),
            ("temperature", "1e999", .valueOutOfRange), ("temperature", "NaN", .invalidJSON),
        ])
    func badNumbers(key: String, value: String, code: Code) {
        let fault = fault(#"{"event":"generation","\#(key)":\#(value),"at_ms":1}"#)
        #expect(fault?.code == code)
        #expect(fault?.message.hasPrefix("\(key) ") == true)
    }

    @Test(
        "refuses a line that is no event, by its code",
        arguments: [
            ("not json", Code.invalidJSON), ("[]", .invalidJSON), ("{", .invalidJSON), (#"{"event"}"#, .invalidJSON),
            (#"{"event":"user","at_ms":1}x"#, .invalidJSON), (#"{"event":"user" "at_ms":1}"#, .invalidJSON),
            (#"{"event":"user","at_ms":1,}"#, .invalidJSON), ("{}", .missingField), (#"{"at_ms":1}"#, .missingField),
            (#"{"event":"user"}"#, .missingField), (#"{"event":"userx","at_ms":1}"#, .unknownRecord),
            (#"{"event":1,"at_ms":1}"#, .malformedRecord),
            (#"{"event":"user","username":1,"at_ms":1}"#, .malformedRecord),
            (#"{"event":"user","username":"\ud800","at_ms":1}"#, .invalidUTF8),
            (#"{"event":"user","username":"\udc00\ud800","at_ms":1}"#, .invalidUTF8),
            (#"{"event":"user","username":"\ud800\u0041","at_ms":1}"#, .invalidUTF8),
            (#"{"event":"node.skip","node":"x","at_ms":1}"#, .invalidIdentity),
            (#"{"event":"node.end","at_ms":1}"#, .missingField),
            (#"{"event":"node.end","status":"done","at_ms":1}"#, .unknownStatus),
            (#"{"event":"user","username":"a\#u{1}b","at_ms":1}"#, .invalidJSON),
        ])
    func refused(line: String, code: Code) {
        #expect(fault(line)?.code == code)
    }

    @Test(
        "says what is wrong with the JSON, and where",
        arguments: [
            ("not json", "at byte 1, a JSON object begins with '{'"),
            (#"{"event":"user",}"#, "at byte 17, a key in double quotation marks"),
            ("{event:1}", "at byte 2, a key in"),
            (#"{"event" 1}"#, "at byte 10, a colon"), (#"{"event":"user" "at_ms":1}"#, "at byte 17, a comma or"),
            (#"{"event":"user"} x"#, "at byte 18, something stands behind"),
            (#"{"event"#, "at byte 2, a key begins here"),
            (#"{"event":"us"#, "event is not one JSON value"), (#"{"x":tru}"#, "from byte 6 on"),
        ])
    func places(line: String, sentence: String) {
        #expect(fault(line)?.message.contains(sentence) == true, "\(fault(line)?.message ?? "")")
    }

    @Test("an unknown status is told with the identity and those that there are; a long one is not repeated")
    func unknownStatus() {
        let line = #"{"event":"node.end","node":"\#(Self.node)","status":"done","at_ms":1}"#
        #expect(
            fault(line)?.message
                == "node \(Self.node) cannot end with the status 'done', which does not exist: "
                + "it may be completed or failed")
        let secret = String(repeating: "secret ", count: 9)
        let long = #"{"event":"workflow.end","workflow":"\#(Self.workflow)","status":"\#(secret)","at_ms":1}"#
        #expect(fault(long)?.message.contains("secret") == false)
        #expect(fault(long)?.message.hasSuffix("it may be completed, failed or cancelled") == true)
    }

    @Test("an unknown event is told with those that there are")
    func unknownEvent() {
        #expect(
            fault(#"{"event":"x","at_ms":1}"#)?.message.hasSuffix("node.end, generation, workflow.end, workflow.shed")
                == true)
    }

    @Test("refuses bytes that are not UTF-8, in texts and in JSON", arguments: ["username", "x"])
    func invalidUTF8(key: String) {
        let line = Array(#"{"event":"workflow.start","tags":""#.utf8) + [0xff] + Array(#"","at_ms":1}"#.utf8)
        let text = Array(#"{"event":"user","username":""#.utf8) + [0xc3, 0x28] + Array(#"","at_ms":1}"#.utf8)
        var scanner = LineScanner()
        #expect(throws: LineFault(.invalidUTF8, "tags is not UTF-8")) { try scanner.record(line.span) }
        #expect(throws: LineFault(.invalidUTF8, "username is not UTF-8")) { try scanner.record(text.span) }
    }

    @Test("passes over white space, a byte order mark and a carriage return")
    func space() throws {
        #expect(try scan("") == nil)
        #expect(try scan(" \t\r") == nil)
        let user = Record(atMs: 1, event: .user(User(username: "a")))
        #expect(try scan("\u{feff} { \"event\" : \"user\" , \"username\":\"a\",\"at_ms\":1 } \r") == user)
    }

    @Test("takes keys that are written with escapes, and the last of a repeated key")
    func keys() throws {
        let line = #"{"\u0065vent":"user","username":"a","username":"b","at_ms":1}"#
        #expect(try scan(line) == Record(atMs: 1, event: .user(User(username: "b"))))
    }

    @Test("counts keys that its event does not have")
    func ignoredKeys() throws {
        var scanner = LineScanner()
        let line = Array(#"{"event":"user","username":"a","output":1,"other":{},"at_ms":1}"#.utf8)
        for _ in 1...2 { _ = try scanner.record(line.span) }
        #expect(scanner.ignoredKeys == ["output": 2, "other": 2])
    }

    @Test("remembers at most a hundred names of such keys")
    func boundedKeys() throws {
        var scanner = LineScanner()
        for number in 1...1000 {
            let line = Array(#"{"event":"user","username":"a","key\#(number)":1,"at_ms":1}"#.utf8)
            _ = try scanner.record(line.span)
        }
        #expect(scanner.ignoredKeys.count == 100)
    }
}
