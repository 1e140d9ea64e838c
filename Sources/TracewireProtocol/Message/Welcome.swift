/// The limits of a session: what ``Limits`` says, or less where the collector wants less.
public struct SessionLimits: Equatable, Sendable {
    public var frameWireBytes = UInt32(Limits.frameWireBytes)
    public var frameRawBytes = UInt32(Limits.frameRawBytes)
    public var batchBytes = UInt32(Limits.batchBytes)
    public var batchRecords = UInt32(Limits.batchRecords)
    public var recordBytes = UInt32(Limits.recordBytes)
    public var valueBytes = UInt32(Limits.valueBytes)

    public init() {}

    /// What is said by a message without any of them: a number that is absent is 0.
    fileprivate static let unannounced = {
        var limits = SessionLimits()
        (limits.frameWireBytes, limits.frameRawBytes) = (0, 0)
        (limits.batchBytes, limits.batchRecords) = (0, 0)
        (limits.recordBytes, limits.valueBytes) = (0, 0)
        return limits
    }()

    /// Whether a client can live with them: SPEC names the least of each.
    var areWorkable: Bool {
        let bytes = [frameWireBytes, frameRawBytes, batchBytes, recordBytes, valueBytes]
        return batchRecords > 0 && bytes.allSatisfy { $0 >= Limits.smallestAnnouncedBytes }
    }
}

/// `WELCOME`: the session is open.
public struct Welcome: Equatable, Sendable {
    public var version: UInt32 = 1
    /// Offered by the client and known to the collector.
    public var features: Features
    public var limits = SessionLimits()
    /// Raw bytes of batches that the client may send on this connection, in all.
    public var credit: UInt64
    /// The last batch of this producer that is durable; 0 for a new one.
    public var lastCommittedSequence: UInt64
    /// The window granted for a stream towards the collector, as a power of two; 0 for no stream.
    public var streamWindowLog: UInt32
    /// For people.
    public var collectorName: String

    public init(
        features: Features, credit: UInt64, lastCommittedSequence: UInt64, streamWindowLog: UInt32 = 0,
        collectorName: String = ""
    ) {
        self.features = features
        self.credit = credit
        self.lastCommittedSequence = lastCommittedSequence
        self.streamWindowLog = streamWindowLog
        self.collectorName = collectorName
    }
}

extension Welcome: DecodableBody {
    public func encode(into writer: inout WireWriter) {
        writer.unsigned(1, UInt64(version))
        writer.bits64(2, features.rawValue)
        writer.message(3) { limits.encode(into: &$0) }
        writer.unsigned(4, credit)
        writer.unsigned(5, lastCommittedSequence)
        writer.unsigned(6, UInt64(streamWindowLog))
        writer.string(7, collectorName)
    }

    static func decode(_ reader: inout WireReader, _ bytes: Span<UInt8>) throws(WireReader.Failure) -> Welcome {
        var welcome = Welcome(features: [], credit: 0, lastCommittedSequence: 0)
        welcome.version = 0
        welcome.limits = .unannounced
        while let tag = try reader.nextTag() {
            switch tag.field {
            case 1: welcome.version = try reader.unsigned32(tag)
            case 2: welcome.features = Features(rawValue: try reader.bits64(tag))
            case 3:
                var nested = WireReader(bytes, try reader.slice(tag))
                try welcome.limits.merge(&nested)
            case 4: welcome.credit = try reader.unsigned(tag)
            case 5: welcome.lastCommittedSequence = try reader.unsigned(tag)
            case 6: welcome.streamWindowLog = try reader.unsigned32(tag)
            case 7: welcome.collectorName = try reader.text(tag, bytes)
            default: try reader.skip(tag.type)
            }
        }
        return welcome
    }
}

extension SessionLimits: DecodableBody {
    public func encode(into writer: inout WireWriter) {
        writer.unsigned(1, UInt64(frameWireBytes))
        writer.unsigned(2, UInt64(frameRawBytes))
        writer.unsigned(3, UInt64(batchBytes))
        writer.unsigned(4, UInt64(batchRecords))
        writer.unsigned(5, UInt64(recordBytes))
        writer.unsigned(6, UInt64(valueBytes))
    }

    static func decode(_ reader: inout WireReader, _ bytes: Span<UInt8>) throws(WireReader.Failure) -> SessionLimits {
        var limits = unannounced
        try limits.merge(&reader)
        return limits
    }

    /// A submessage that comes in pieces is merged, as protobuf has it.
    fileprivate mutating func merge(_ reader: inout WireReader) throws(WireReader.Failure) {
        while let tag = try reader.nextTag() {
            switch tag.field {
            case 1: frameWireBytes = try reader.unsigned32(tag)
            case 2: frameRawBytes = try reader.unsigned32(tag)
            case 3: batchBytes = try reader.unsigned32(tag)
            case 4: batchRecords = try reader.unsigned32(tag)
            case 5: recordBytes = try reader.unsigned32(tag)
            case 6: valueBytes = try reader.unsigned32(tag)
            default: try reader.skip(tag.type)
            }
        }
    }
}
