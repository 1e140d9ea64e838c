internal import CZstd

/// Compresses bodies: each alone, or as the next of a stream that remembers the ones before.
public struct ZstdCompressor: ~Copyable {
    private let context: OpaquePointer
    private let streamContext: OpaquePointer?

    /// - Parameters:
    ///   - level: zstd's level; 1 is the fastest that compresses traces well.
    ///   - windowLog: the window of the stream that the collector granted, as a power of two; 0 for no stream.
    ///   - checksum: whether a frame ends with a checksum of what it inflates to, which inflating checks.
    /// - Throws: `no_memory`.
    public init(level: Int32 = 1, windowLog: UInt32 = 0, checksum: Bool = false) throws(ZstdError) {
        guard let context = Self.context(level: level) else {
            throw ZstdError(code: .noMemory, message: "no memory to compress")
        }
        let stream = windowLog > 0 ? Self.context(level: level) : nil
        if windowLog > 0 && stream == nil {
            ZSTD_freeCCtx(context)
            throw ZstdError(code: .noMemory, message: "no memory for a stream")
        }
        if let stream { ZSTD_CCtx_setParameter(stream, ZSTD_c_windowLog, Int32(windowLog)) }
        if checksum { ZSTD_CCtx_setParameter(context, ZSTD_c_checksumFlag, 1) }
        self.context = context
        streamContext = stream
    }

    private static func context(level: Int32) -> OpaquePointer? {
        guard let context = ZSTD_createCCtx() else { return nil }
        ZSTD_CCtx_setParameter(context, ZSTD_c_compressionLevel, level)
        return context
    }

    deinit {
        ZSTD_freeCCtx(context)
        if let streamContext { ZSTD_freeCCtx(streamContext) }
    }

    /// Whether ``compressStream(_:)`` may be used.
    public var hasStream: Bool { streamContext != nil }

    /// `raw` as one zstd frame.
    public mutating func compressFrame(_ raw: Span<UInt8>) throws(ZstdError) -> [UInt8] {
        var result = 0
        let bytes = [UInt8](unsafeUninitializedCapacity: ZSTD_compressBound(raw.count)) { target, count in
            result = raw.withUnsafeBufferPointer {
                ZSTD_compress2(context, target.baseAddress, target.count, $0.baseAddress, $0.count)
            }
            count = ZSTD_isError(result) == 0 ? result : 0
        }
        guard ZSTD_isError(result) == 0 else { throw .from(result) }
        return bytes
    }

    /// The next body of the stream, flushed, so that the receiver can inflate it at once.
    public mutating func compressStream(_ raw: Span<UInt8>) throws(ZstdError) -> [UInt8] {
        guard let streamContext else { throw ZstdError(code: .overLimit, message: "no stream was granted") }
        var failure: Int?
        // The bound is for a frame; a flush ends a block early and may add a few more headers.
        let capacity = ZSTD_compressBound(raw.count) + 64
        let bytes = [UInt8](unsafeUninitializedCapacity: capacity) { target, count in
            raw.withUnsafeBufferPointer { source in
                var input = ZSTD_inBuffer(src: source.baseAddress, size: source.count, pos: 0)
                var output = ZSTD_outBuffer(dst: target.baseAddress, size: target.count, pos: 0)
                let result = ZSTD_compressStream2(streamContext, &output, &input, ZSTD_e_flush)
                if result != 0 { failure = result }
                count = output.pos
            }
        }
        if let failure {
            guard ZSTD_isError(failure) == 0 else { throw .from(failure) }
            throw ZstdError(code: .overLimit, message: "a compressed body is larger than zstd's bound")
        }
        return bytes
    }
}
