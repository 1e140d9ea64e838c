/// The body of a frame: a protobuf message of `protocol/tracewire.proto`.
public protocol MessageBody: Equatable, Sendable {
    func encode(into writer: inout WireWriter)
    /// Reads all of `bytes` as one message of this type.
    ///
    /// - Throws: `malformed_body`.
    init(decoding bytes: Span<UInt8>) throws(ProtocolViolation)
}

/// Read by its type's own `decode`, with the bytes for the texts and identifiers that are copied out of them.
protocol DecodableBody: MessageBody {
    static func decode(_ reader: inout WireReader, _ bytes: Span<UInt8>) throws(WireReader.Failure) -> Self
}

extension DecodableBody {
    public init(decoding bytes: Span<UInt8>) throws(ProtocolViolation) {
        do throws(WireReader.Failure) {
            var reader = WireReader(bytes)
            self = try Self.decode(&reader, bytes)
        } catch {
            throw ProtocolViolation(.malformedBody, "the body is not a \(Self.self) message: \(error)")
        }
    }
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
