/// The body of `REFUSE` (before the session is open) and of `GOAWAY` (after): why the connection ends.
public struct Farewell: Equatable, Sendable {
    public var code: Code
    public var message: String
    /// After how many milliseconds trying again can help; 0 where it cannot.
    public var retryAfterMs: UInt32

    public init(code: Code, message: String, retryAfterMs: UInt32 = 0) {
        self.code = code
        self.message = message
        self.retryAfterMs = retryAfterMs
    }
}

extension Farewell: DecodableBody {
    public func encode(into writer: inout WireWriter) {
        writer.unsigned(1, UInt64(code.rawValue))
        writer.string(2, message)
        writer.unsigned(3, UInt64(retryAfterMs))
    }

    static func decode(_ reader: inout WireReader, _ bytes: Span<UInt8>) throws(WireReader.Failure) -> Farewell {
        var farewell = Farewell(code: .ok, message: "")
        while let tag = try reader.nextTag() {
            switch tag.field {
            case 1: farewell.code = Code(rawValue: try reader.unsigned32(tag))
            case 2: farewell.message = try reader.text(tag, bytes)
            case 3: farewell.retryAfterMs = try reader.unsigned32(tag)
            default: try reader.skip(tag.type)
            }
        }
        return farewell
    }
}

/// `CREDIT`: more room, for batches (sequence 0) or for the rows of one query (its id).
public struct Credit: Equatable, Sendable {
    /// Raw bytes that may be sent in all. A number lower than an earlier one changes nothing.
    public var credit: UInt64

    public init(_ credit: UInt64) {
        self.credit = credit
    }
}

extension Credit: DecodableBody {
    public func encode(into writer: inout WireWriter) {
        writer.unsigned(1, credit)
    }

    static func decode(_ reader: inout WireReader, _ bytes: Span<UInt8>) throws(WireReader.Failure) -> Credit {
        var credit = Credit(0)
        while let tag = try reader.nextTag() {
            switch tag.field {
            case 1: credit.credit = try reader.unsigned(tag)
            default: try reader.skip(tag.type)
            }
        }
        return credit
    }
}
