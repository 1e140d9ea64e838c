internal import TracewireProtocol

/// The value that an argument of `sql --parameter` stands for: a JSON number is a number, a JSON string its text, and
/// anything else the text that it is. So `007` is a text, and `"7"`, with its quotation marks, the text 7.
enum SQLParameter {
    static func value(_ argument: String) -> Value {
        let bytes = Array(argument.utf8)
        guard let first = bytes.first, JSONValidator.isValid(bytes.span) else { return .text(argument) }
        switch first {
        case UInt8(ascii: "-"), 48...57: return number(argument)
        case UInt8(ascii: "\""): return string(bytes.span) ?? .text(argument)
        default: return .text(argument)
        }
    }

    private static func number(_ argument: String) -> Value {
        if let integer = Int64(argument) { return .integer(integer) }
        return Double(argument).map { .real($0) } ?? .text(argument)
    }

    private static func string(_ json: Span<UInt8>) -> Value? {
        guard json.count >= 2, json[json.count - 1] == UInt8(ascii: "\"") else { return nil }
        return (try? JSONString.unescape(json.extracting(1..<json.count - 1), of: "")).map { .text($0) }
    }
}
