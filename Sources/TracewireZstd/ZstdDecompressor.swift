internal import CZstd
internal import TracewireProtocol

/// Inflates bodies, each to the length that its header announced and not a byte more.
///
/// A stream keeps its window from body to body and is bound to one direction of one connection; the same object
/// inflates single frames too, with a context of its own.
public struct ZstdDecompressor: ~Copyable {
    private let context: OpaquePointer
    private var streamContext: OpaquePointer?
    private let windowLog: UInt32

    /// - Parameter windowLog: the largest window of a stream, as a power of two; 0 if no stream was granted.
    /// - Throws: `no_memory`.
    public init(windowLog: UInt32 = 0) throws(ZstdError) {
        guard let context = ZSTD_createDCtx() else {
            throw ZstdError(code: .noMemory, message: "no memory to inflate")
        }
        self.context = context
        self.windowLog = windowLog
    }

    deinit {
        ZSTD_freeDCtx(context)
        if let streamContext { ZSTD_freeDCtx(streamContext) }
    }

    /// Inflates a body that is one zstd frame. `rawLength` is the header's word and has been checked against the limit.
    public mutating func inflateFrame(_ body: Span<UInt8>, rawLength: Int) throws(ZstdError) -> [UInt8] {
        try ZstdFrame.check(body)
        var result = 0
        let raw = [UInt8](unsafeUninitializedCapacity: rawLength) { target, count in
            result = body.withUnsafeBufferPointer {
                ZSTD_decompressDCtx(context, target.baseAddress, rawLength, $0.baseAddress, $0.count)
            }
            count = ZSTD_isError(result) == 0 ? result : 0
        }
        guard ZSTD_isError(result) == 0 else { throw .from(result) }
        try check(raw.count, rawLength)
        return raw
    }

    /// Inflates the next body of the stream.
    public mutating func inflateStream(_ body: Span<UInt8>, rawLength: Int) throws(ZstdError) -> [UInt8] {
        let stream = try openStream(body)
        var failure: ZstdError?
        var consumed = 0
        let raw = [UInt8](unsafeUninitializedCapacity: rawLength) { target, count in
            body.withUnsafeBufferPointer { source in
                var input = ZSTD_inBuffer(src: source.baseAddress, size: source.count, pos: 0)
                var output = ZSTD_outBuffer(dst: target.baseAddress, size: rawLength, pos: 0)
                failure = Self.run(stream, &input, &output)
                consumed = input.pos
                count = output.pos
            }
        }
        if let failure { throw failure }
        guard consumed == body.count, !Self.holdsMore(stream) else {
            throw ZstdError(code: .overLimit, message: "a body inflates to more than the \(rawLength) bytes announced")
        }
        try check(raw.count, rawLength)
        return raw
    }

    /// Feeds all of `input`; ends early when `output` is full, so that a bomb costs no more than was announced.
    /// Returns what is wrong with it, if anything is.
    private static func run(
        _ stream: OpaquePointer, _ input: inout ZSTD_inBuffer, _ output: inout ZSTD_outBuffer
    ) -> ZstdError? {
        while true {
            let before = (input.pos, output.pos)
            let result = ZSTD_decompressStream(stream, &output, &input)
            if ZSTD_isError(result) != 0 { return .from(result) }
            // The decoder would begin another frame, which could have another window, or be one to skip.
            if result == 0 { return ZstdError(code: .corrupt, message: "the zstd frame of a stream ends") }
            // Nothing moved: all input is taken and all output is out, or there is no room for it.
            if before == (input.pos, output.pos) { return nil }
            if input.pos == input.size && output.pos == output.size { return nil }
        }
    }

    /// Whether the decoder could put out more than it was given room for: input may be taken before its output is out.
    private static func holdsMore(_ stream: OpaquePointer) -> Bool {
        var byte: UInt8 = 0
        return withUnsafeMutablePointer(to: &byte) { target in
            var input = ZSTD_inBuffer(src: nil, size: 0, pos: 0)
            var output = ZSTD_outBuffer(dst: target, size: 1, pos: 0)
            _ = ZSTD_decompressStream(stream, &output, &input)
            return output.pos > 0
        }
    }

    /// - Parameter body: the stream begins with it, if it has not begun. A frame of another format has a window that
    ///   the decoder does not bound.
    private mutating func openStream(_ body: Span<UInt8>) throws(ZstdError) -> OpaquePointer {
        if let streamContext { return streamContext }
        guard ZstdFrame.begins(body) else {
            throw ZstdError(code: .corrupt, message: "a stream does not begin as a zstd frame")
        }
        guard windowLog >= UInt32(Limits.smallestWindowLog) else {
            throw ZstdError(code: .overLimit, message: "no stream was granted")
        }
        guard let stream = ZSTD_createDCtx() else {
            throw ZstdError(code: .noMemory, message: "no memory for a stream")
        }
        // Unless told otherwise a decoder accepts a window of 128 MiB.
        ZSTD_DCtx_setParameter(stream, ZSTD_d_windowLogMax, Int32(windowLog))
        streamContext = stream
        return stream
    }

    private func check(_ count: Int, _ rawLength: Int) throws(ZstdError) {
        guard count == rawLength else {
            throw ZstdError(
                code: .corrupt, message: "a body inflates to \(count) bytes where \(rawLength) were announced")
        }
    }
}
