/// `WATCH`: asks to be told when something was committed.
public struct WatchRequest: Equatable, Sendable {
    /// The number of an event: the answer, a `SUMMARY`, comes when there is one behind it.
    public var after: UInt64

    public init(after: UInt64) {
        self.after = after
    }
}

extension WatchRequest: DecodableBody {
    public func encode(into writer: inout WireWriter) {
        writer.unsigned(1, after)
    }

    static func decode(_ reader: inout WireReader, _ bytes: Span<UInt8>) throws(WireReader.Failure) -> WatchRequest {
        var request = WatchRequest(after: 0)
        while let tag = try reader.nextTag() {
            switch tag.field {
            case 1: request.after = try reader.unsigned(tag)
            default: try reader.skip(tag.type)
            }
        }
        return request
    }
}
