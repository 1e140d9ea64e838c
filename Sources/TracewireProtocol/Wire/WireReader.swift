/// A cursor over bytes in the protobuf wire format (https://protobuf.dev/programming-guides/encoding/), in place.
///
/// It copies nothing: a length-delimited field is handed out as a ``Slice`` of the bytes it was made over.
struct WireReader: ~Escapable {
    enum Failure: Error, Equatable, CustomStringConvertible {
        /// A field goes past the end of its message.
        case truncated
        /// A varint of more than ten bytes.
        case overlongVarint
        /// A field number of 0, or a wire type that does not exist, or a group (never used by Tracewire).
        case invalidTag
        /// A known field with another wire type than its own.
        case wrongWireType
        /// A text that is not UTF-8.
        case invalidUTF8
        /// An identifier that is neither absent nor 16 bytes long.
        case wrongIdentifierLength

        /// What is wrong, in words, for the peer's operator.
        var description: String {
            switch self {
            case .truncated: "a field goes past its end"
            case .overlongVarint: "a varint has more than ten bytes"
            case .invalidTag: "a field has the number 0, or a wire type that does not exist"
            case .wrongWireType: "a field has another wire type than its own"
            case .invalidUTF8: "a text is not UTF-8"
            case .wrongIdentifierLength: "an identifier is not 16 bytes long"
            }
        }
    }

    enum WireType: UInt8 {
        case varint = 0
        case fixed64 = 1
        case lengthDelimited = 2
        case fixed32 = 5
    }

    struct Tag: Equatable {
        let field: UInt32
        let type: WireType
    }

    private let bytes: Span<UInt8>
    private(set) var position: Int
    private let end: Int

    /// Reads the message that occupies `slice` of `bytes`.
    @_lifetime(copy bytes)
    init(_ bytes: Span<UInt8>, _ slice: Slice) {
        self.bytes = bytes
        position = slice.start
        end = slice.end
    }

    /// Reads the message that is all of `bytes`.
    @_lifetime(copy bytes)
    init(_ bytes: Span<UInt8>) {
        self.bytes = bytes
        position = 0
        end = bytes.count
    }

    /// The next field's tag, or `nil` at the end of the message.
    @_lifetime(self: copy self)
    mutating func nextTag() throws(Failure) -> Tag? {
        guard position < end else { return nil }
        let key = try varint()
        guard key >> 3 != 0, key >> 3 <= 0x1fff_ffff, let type = WireType(rawValue: UInt8(key & 7)) else {
            throw .invalidTag
        }
        return Tag(field: UInt32(key >> 3), type: type)
    }

    @_lifetime(self: copy self)
    mutating func varint() throws(Failure) -> UInt64 {
        var value: UInt64 = 0
        var shift: UInt64 = 0
        while position < end {
            let byte = bytes[position]
            position += 1
            value |= UInt64(byte & 0x7f) << shift
            if byte < 0x80 { return value }
            shift += 7
            guard shift < 70 else { throw .overlongVarint }
        }
        throw .truncated
    }

    @_lifetime(self: copy self)
    mutating func fixed64() throws(Failure) -> UInt64 {
        guard end - position >= 8 else { throw .truncated }
        var value: UInt64 = 0
        for index in 0..<8 { value |= UInt64(bytes[position + index]) << UInt64(index * 8) }
        position += 8
        return value
    }

    @_lifetime(self: copy self)
    mutating func lengthDelimited() throws(Failure) -> Slice {
        let length = try varint()
        guard length <= UInt64(end - position) else { throw .truncated }
        defer { position += Int(length) }
        return Slice(start: position, count: Int(length))
    }

    /// Passes over the value of a field that this version does not know.
    @_lifetime(self: copy self)
    mutating func skip(_ type: WireType) throws(Failure) {
        switch type {
        case .varint: _ = try varint()
        case .fixed64: _ = try fixed64()
        case .lengthDelimited: _ = try lengthDelimited()
        case .fixed32:
            guard end - position >= 4 else { throw .truncated }
            position += 4
        }
    }
}

// What a known field is read as: its wire type is checked first, because protobuf leaves a field of another wire
// type to the reader, and a sender that gets it wrong should hear so.
extension WireReader {
    @_lifetime(self: copy self)
    mutating func unsigned(_ tag: Tag) throws(Failure) -> UInt64 {
        guard tag.type == .varint else { throw .wrongWireType }
        return try varint()
    }

    @_lifetime(self: copy self)
    mutating func unsigned32(_ tag: Tag) throws(Failure) -> UInt32 {
        UInt32(truncatingIfNeeded: try unsigned(tag))
    }

    @_lifetime(self: copy self)
    mutating func signed(_ tag: Tag) throws(Failure) -> Int64 {
        Int64(bitPattern: try unsigned(tag))
    }

    /// A `sint64`: zigzag.
    @_lifetime(self: copy self)
    mutating func zigzag(_ tag: Tag) throws(Failure) -> Int64 {
        let value = try unsigned(tag)
        return Int64(bitPattern: value >> 1) ^ -Int64(bitPattern: value & 1)
    }

    @_lifetime(self: copy self)
    mutating func boolean(_ tag: Tag) throws(Failure) -> Bool {
        try unsigned(tag) != 0
    }

    @_lifetime(self: copy self)
    mutating func bits64(_ tag: Tag) throws(Failure) -> UInt64 {
        guard tag.type == .fixed64 else { throw .wrongWireType }
        return try fixed64()
    }

    @_lifetime(self: copy self)
    mutating func double(_ tag: Tag) throws(Failure) -> Double {
        Double(bitPattern: try bits64(tag))
    }

    @_lifetime(self: copy self)
    mutating func slice(_ tag: Tag) throws(Failure) -> Slice {
        guard tag.type == .lengthDelimited else { throw .wrongWireType }
        return try lengthDelimited()
    }
}
