/// One value of a row, an argument or a parameter: SQLite's five types.
public enum Value: Equatable, Sendable {
    case null
    case integer(Int64)
    case real(Double)
    case text(String)
    case blob([UInt8])
}

extension Value: DecodableBody {
    public func encode(into writer: inout WireWriter) {
        switch self {
        case .null: break
        case .integer(let value): writer.integerValue(value)
        case .real(let value): writer.optional(2, value)
        case .text(let value): writer.optional(3, value)
        case .blob(let value): writer.blob(4, value)
        }
    }

    static func decode(_ reader: inout WireReader, _ bytes: Span<UInt8>) throws(WireReader.Failure) -> Value {
        try decode(&reader, bytes, after: .null)
    }

    /// The kind that stands last counts, in this piece of the message or, if it has none, in an `earlier` one.
    static func decode(
        _ reader: inout WireReader, _ bytes: Span<UInt8>, after earlier: Value
    ) throws(WireReader.Failure) -> Value {
        var value = earlier
        while let tag = try reader.nextTag() {
            switch tag.field {
            case 1: value = .integer(try reader.zigzag(tag))
            case 2: value = .real(try reader.double(tag))
            case 3: value = .text(try reader.text(tag, bytes))
            case 4: value = .blob(try reader.blob(tag, bytes))
            default: try reader.skip(tag.type)
            }
        }
        return value
    }
}

extension WireWriter {
    mutating func integerValue(_ value: Int64) {
        tag(1, .varint)
        varint(UInt64(bitPattern: value << 1 ^ value >> 63))
    }
}
