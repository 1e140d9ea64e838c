internal import Glibc
internal import Logging
internal import TracewireProtocol

/// One line of the log. Nothing in a message can end it early.
struct LogLine {
    let text: String
    /// With the line feed.
    var bytes: [UInt8] { Array((text + "\n").utf8) }

    init(_ format: LogFormat, atMs: Int64, level: Logger.Level, message: String, metadata: Logger.Metadata) {
        let time = Self.time(atMs)
        let ordered = metadata.sorted { $0.key < $1.key }
        var text: String
        switch format {
        case .text:
            text = "\(time) \(level): \(Self.escaped(message))"
            for (name, value) in ordered { text += " \(Self.escaped(name))=\(Self.escaped("\(value)"))" }
        case .json:
            text = "{\"time\":\"\(time)\",\"level\":\"\(level)\",\"message\":\(Self.quoted(message))"
            if !ordered.isEmpty { text += ",\"metadata\":\(Self.object(ordered))" }
            text += "}"
        }
        self.text = text
    }

    /// In UTC, as RFC 3339 writes it: `2026-11-22T20:40:45.250Z`.
    static func time(_ milliseconds: Int64) -> String {
        var seconds = time_t(milliseconds / 1000)
        var parts = tm()
        gmtime_r(&seconds, &parts)
        let fraction = String(milliseconds % 1000 + 1000).dropFirst()
        return withUnsafeTemporaryAllocation(of: CChar.self, capacity: 64) { buffer in
            guard let base = buffer.baseAddress, strftime(base, 64, "%Y-%m-%dT%H:%M:%S", &parts) > 0 else { return "" }
            return String(cString: base) + ".\(fraction)Z"
        }
    }

    private static func object(_ members: [(key: String, value: Logger.MetadataValue)]) -> String {
        "{" + members.map { "\(quoted($0.key)):\(json($0.value))" }.joined(separator: ",") + "}"
    }

    private static func json(_ value: Logger.MetadataValue) -> String {
        switch value {
        case .string(let text): quoted(text)
        case .stringConvertible(let value): quoted("\(value)")
        case .array(let values): "[" + values.map(json).joined(separator: ",") + "]"
        case .dictionary(let members): object(members.sorted { $0.key < $1.key })
        }
    }

    private static func quoted(_ text: String) -> String {
        var quoted = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": quoted += "\\\""
            case "\\": quoted += "\\\\"
            case "\n": quoted += "\\n"
            default: append(scalar, to: &quoted)
            }
        }
        return quoted + "\""
    }

    /// As it is, but for what would end the line or command a terminal.
    private static func escaped(_ text: String) -> String {
        var escaped = ""
        for scalar in text.unicodeScalars { append(scalar, to: &escaped) }
        return escaped
    }

    private static func append(_ scalar: Unicode.Scalar, to text: inout String) {
        guard scalar.value < 0x20 || 0x7F...0x9F ~= scalar.value else { return text.unicodeScalars.append(scalar) }
        let digits = String(scalar.value, radix: 16)
        text += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
    }
}
