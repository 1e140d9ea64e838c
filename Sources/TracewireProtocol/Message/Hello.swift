/// `HELLO`: who the client is and what it wants.
public struct Hello: Equatable, Sendable {
    public var minimumVersion: UInt32 = 1
    public var maximumVersion: UInt32 = 1
    public var offeredFeatures: Features = [.supported, .grease]
    /// What the client cannot do without.
    public var requiredFeatures: Features = []
    /// For people, in logs and `status`.
    public var clientName: String
    /// Empty where the collector asks for none.
    public var token: String = ""
    /// `zero` for a client that only queries.
    public var producer: Identifier = .zero
    /// Higher with every connection of this producer.
    public var epoch: UInt64 = 0
    /// The lowest sequence that the client may still send.
    public var nextSequence: UInt64 = 0
    /// The zstd window wanted for a stream, as a power of two; 0 for no stream.
    public var streamWindowLog: UInt32 = 0

    public init(clientName: String) {
        self.clientName = clientName
    }
}

extension Hello: DecodableBody {
    public func encode(into writer: inout WireWriter) {
        writer.unsigned(1, UInt64(minimumVersion))
        writer.unsigned(2, UInt64(maximumVersion))
        writer.bits64(3, offeredFeatures.rawValue)
        writer.bits64(4, requiredFeatures.rawValue)
        writer.string(5, clientName)
        writer.string(6, token)
        writer.identifier(7, producer)
        writer.unsigned(8, epoch)
        writer.unsigned(9, nextSequence)
        writer.unsigned(10, UInt64(streamWindowLog))
    }

    static func decode(_ reader: inout WireReader, _ bytes: Span<UInt8>) throws(WireReader.Failure) -> Hello {
        var hello = Hello(clientName: "")
        hello.minimumVersion = 0
        hello.maximumVersion = 0
        hello.offeredFeatures = []
        while let tag = try reader.nextTag() {
            switch tag.field {
            case 1: hello.minimumVersion = try reader.unsigned32(tag)
            case 2: hello.maximumVersion = try reader.unsigned32(tag)
            case 3: hello.offeredFeatures = Features(rawValue: try reader.bits64(tag))
            case 4: hello.requiredFeatures = Features(rawValue: try reader.bits64(tag))
            case 5: hello.clientName = try reader.text(tag, bytes)
            case 6: hello.token = try reader.text(tag, bytes)
            case 7: hello.producer = try reader.identifier(tag, bytes)
            case 8: hello.epoch = try reader.unsigned(tag)
            case 9: hello.nextSequence = try reader.unsigned(tag)
            case 10: hello.streamWindowLog = try reader.unsigned32(tag)
            default: try reader.skip(tag.type)
            }
        }
        return hello
    }
}
