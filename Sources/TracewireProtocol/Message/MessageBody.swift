/// The body of a frame: a protobuf message of `protocol/tracewire.proto`.
public protocol MessageBody {
    func encode(into writer: inout WireWriter)
}

/// Read by its type's own `decode`, with the bytes for the texts and identifiers that are copied out of them.
protocol DecodableBody: MessageBody {
    static func decode(_ reader: inout WireReader, _ bytes: Span<UInt8>) throws(WireReader.Failure) -> Self
}

extension MessageBody {
    /// The message alone.
    public func encoded() -> [UInt8] {
        var writer = WireWriter()
        encode(into: &writer)
        return writer.bytes
    }
}

extension WireReader {
    /// A text that is copied out: bodies other than batches are small.
    @_lifetime(self: copy self)
    mutating func text(_ tag: Tag, _ bytes: Span<UInt8>) throws(Failure) -> String {
        let slice = try slice(tag)
        guard let text = String(validating: bytes.extracting(slice.range)) else { throw .invalidUTF8 }
        return text
    }

    @_lifetime(self: copy self)
    mutating func blob(_ tag: Tag, _ bytes: Span<UInt8>) throws(Failure) -> [UInt8] {
        [UInt8](copying: bytes.extracting(try slice(tag).range))
    }
}

extension String {
    /// A copy of `bytes`; `nil` if they are not UTF-8.
    public init?(validating bytes: Span<UInt8>) {
        guard let utf8 = try? UTF8Span(validating: bytes) else { return nil }
        self.init(copying: utf8)
    }
}

extension [UInt8] {
    /// A copy of `bytes`.
    public init(copying bytes: Span<UInt8>) {
        self = unsafe bytes.withUnsafeBufferPointer { unsafe [UInt8]($0) }
    }
}
