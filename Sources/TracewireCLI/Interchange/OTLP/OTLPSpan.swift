internal import TracewireProtocol

/// A span in OTLP's JSON encoding: ids as lower-case hexadecimal digits, times as nanoseconds in texts, enumerations as
/// numbers.
struct OTLPSpan {
    enum Kind: Int {
        case `internal` = 1
        case client = 3
    }

    enum Status: Int {
        case unset = 0
        case ok = 1
        case error = 2
    }

    let name: String
    let kind: Kind
    let id: SpanIdentifier
    var parent: SpanIdentifier?
    let startMs: Int64
    /// Not before the start.
    let endMs: Int64
    var attributes = OTLPAttributes()
    private var status = Status.unset
    private var message: String?
    private var exception: OTLPAttributes?

    init(
        _ name: String, _ kind: Kind, _ id: SpanIdentifier, parent: SpanIdentifier?, from startMs: Int64,
        to endMs: Int64
    ) {
        (self.name, self.kind, self.id, self.parent) = (name, kind, id, parent)
        (self.startMs, self.endMs) = (startMs, max(startMs, endMs))
    }

    mutating func end(_ status: Status, message: String? = nil) {
        (self.status, self.message) = (status, message)
    }

    /// Adds the event that says what was thrown, if anything is known of it, at the end of the span.
    mutating func addException(_ message: String?, stacktrace: String? = nil) {
        guard message != nil || stacktrace != nil else { return }
        var exception = OTLPAttributes()
        exception.text("exception.message", message)
        exception.text("exception.stacktrace", stacktrace)
        self.exception = exception
    }

    /// The span as a JSON object.
    func json(trace: String) -> [UInt8] {
        var bytes = Array("{\"traceId\":\"\(trace)\",\"spanId\":\"\(id.text)\",".utf8)
        if let parent { bytes += Array("\"parentSpanId\":\"\(parent.text)\",".utf8) }
        bytes += Array("\"name\":".utf8)
        JSONString.append(name, to: &bytes)
        let times =
            "\"startTimeUnixNano\":\"\(Self.nanoseconds(startMs))\",\"endTimeUnixNano\":\"\(Self.nanoseconds(endMs))\""
        bytes += Array(",\"kind\":\(kind.rawValue),\(times),".utf8)
        bytes += attributes.member
        if let exception {
            bytes += Array(",\"events\":[{\"timeUnixNano\":\"\(Self.nanoseconds(endMs))\",\"name\":\"exception\",".utf8)
            bytes += exception.member + Array("}]".utf8)
        }
        bytes += Array(",\"status\":{".utf8)
        if status != .unset { bytes += Array("\"code\":\(status.rawValue)".utf8) }
        if let message {
            bytes += Array(",\"message\":".utf8)
            JSONString.append(message, to: &bytes)
        }
        return bytes + Array("}}".utf8)
    }

    /// The largest number of 64 bits for what is later, from the year 2554 on.
    private static func nanoseconds(_ milliseconds: Int64) -> UInt64 {
        let (product, overflowed) = UInt64(clamping: milliseconds).multipliedReportingOverflow(by: 1_000_000)
        return overflowed ? .max : product
    }
}
