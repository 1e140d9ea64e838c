import Testing
import TracewireProtocol
import TracewireZstd

/// What receives the frames of one direction of a vector: cuts, checks and inflates them as a peer does.
struct VectorReceiver: ~Copyable {
    var decoder: FrameDecoder
    private var decompressor: ZstdDecompressor

    init(bodyLimit: Int = Limits.frameWireBytes, windowLog: UInt32 = 0) throws {
        decoder = FrameDecoder(bodyLimit: bodyLimit)
        decompressor = try ZstdDecompressor(windowLog: windowLog)
    }

    /// The header of the frame that `bytes` begin with, fed a byte at a time.
    ///
    /// Before the last byte there must be no frame; an error may come as early as it can be known.
    /// - Returns: `nil` where the frame is passed over, or is not whole.
    mutating func header(
        byByteOf bytes: ArraySlice<UInt8>, admit: (FrameHeader) throws(ProtocolViolation) -> FrameAdmission
    ) throws(ProtocolViolation) -> FrameHeader? {
        let bytes = [UInt8](bytes)
        var start = 0
        for count in 0...bytes.count {
            switch try decoder.next(bytes.span.extracting(start..<count), admit: admit) {
            case .incomplete: break
            case .skipped(let count): start += count
            case .frame(let header):
                #expect(count == bytes.count, "a frame came out after \(count) of \(bytes.count) bytes")
                return header
            }
        }
        return nil
    }

    /// The header of the frame that `bytes` are, whatever the session says to it.
    mutating func header(byByteOf bytes: ArraySlice<UInt8>) throws(ProtocolViolation) -> FrameHeader? {
        try header(byByteOf: bytes) { _ in .accept }
    }

    /// The inflated body of the frame that `bytes` are.
    mutating func body(_ header: FrameHeader, _ bytes: ArraySlice<UInt8>) throws(ProtocolViolation) -> [UInt8] {
        let body = [UInt8](bytes.dropFirst(Limits.headerBytes).prefix(Int(header.wireLength)))
        do {
            switch header.flags.compression {
            case .frame: return try decompressor.inflateFrame(body.span, rawLength: Int(header.rawLength))
            case .stream: return try decompressor.inflateStream(body.span, rawLength: Int(header.rawLength))
            default: return body
            }
        } catch {
            throw ProtocolViolation(.decompressionFailed, "\(error)")
        }
    }
}

/// Bodies by their frame's type.
enum VectorBody {
    /// What the body says, and the same body written again; `nil` for a type without a body, or an unknown one.
    static func read(_ type: FrameType, _ bytes: [UInt8]) throws -> (meaning: Meaning, again: [UInt8])? {
        switch type {
        case .hello: try read(Hello.self, bytes)
        case .welcome: try read(Welcome.self, bytes)
        case .refuse, .goaway: try read(Farewell.self, bytes)
        case .batch: (try batch(bytes), bytes)
        case .ack: try read(Ack.self, bytes)
        case .credit: try read(Credit.self, bytes)
        case .query: try read(Query.self, bytes)
        case .watch: try read(WatchRequest.self, bytes)
        case .columns: try read(Columns.self, bytes)
        case .rows: try read(Rows.self, bytes)
        case .summary: try read(Summary.self, bytes)
        default: nil
        }
    }

    /// The body of a whole frame that is not compressed.
    static func plain<Body: MessageBody>(_: Body.Type, _ frame: ArraySlice<UInt8>) throws -> Body {
        let body = [UInt8](frame.dropFirst(Limits.headerBytes))
        return try Body(decoding: body.span)
    }

    private static func read<Body: DescribedBody>(_: Body.Type, _ bytes: [UInt8]) throws -> (Meaning, [UInt8]) {
        let body = try Body(decoding: bytes.span)
        return (body.meaning, body.encoded())
    }

    private static func batch(_ bytes: [UInt8]) throws -> Meaning {
        var meaning = Meaning()
        for (index, received) in try IncomingBatch.records(in: bytes.span).enumerated() {
            let record = try received.content.get()
            meaning.add(record.meaning { String(decoding: bytes[$0.range], as: UTF8.self) }, under: "records.\(index)")
        }
        return meaning
    }
}
