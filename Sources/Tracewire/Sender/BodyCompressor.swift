internal import TracewireProtocol
internal import TracewireZstd

/// Compresses the parts of batches in the way that the session agreed on.
struct BodyCompressor: ~Copyable {
    private let compression: TracewireProtocol.Compression
    private var compressor: ZstdCompressor?

    /// - Throws: `no_memory`.
    init(_ compression: TracewireProtocol.Compression, windowLog: UInt32) throws(ZstdError) {
        self.compression = compression
        guard compression != TracewireProtocol.Compression.none else { return }
        compressor = try ZstdCompressor(windowLog: compression == .stream ? windowLog : 0)
    }

    /// A frame of type `BATCH` with `raw`, compressed.
    mutating func frame(_ part: ClientSession.Part, _ raw: Span<UInt8>) throws(ZstdError) -> [UInt8] {
        let more: FrameFlags = part.more ? .more : []
        switch compression {
        case .none: break
        case .stream:
            let body = try compressor?.compressStream(raw) ?? []
            return FrameEncoder.frame(
                .batch, flags: FrameFlags(.stream, more), sequence: part.sequence, body: body.span, rawLength: raw.count
            )
        case .frame:
            let body = try compressor?.compressFrame(raw) ?? []
            guard body.count < raw.count else { break }
            return FrameEncoder.frame(
                .batch, flags: FrameFlags(.frame, more), sequence: part.sequence, body: body.span, rawLength: raw.count)
        }
        return FrameEncoder.frame(
            .batch, flags: FrameFlags(TracewireProtocol.Compression.none, more), sequence: part.sequence, body: raw)
    }
}
