internal import CZstd
internal import TracewireProtocol

/// What must hold of a body that is a zstd frame of its own. The decoder asks for less: it takes several frames, frames
/// to be skipped and formats older than RFC 8878 as well, and bounds the window of a stream only.
enum ZstdFrame {
    /// A window need never be larger than the largest body.
    private static let largestWindow = UInt64(1) << UInt64(Limits.largestWindowLog)
    private static let magic: [UInt8] = [0x28, 0xB5, 0x2F, 0xFD]

    /// Whether `body` begins as a frame of RFC 8878 does.
    static func begins(_ body: Span<UInt8>) -> Bool {
        body.count >= magic.count && magic.indices.allSatisfy { body[$0] == magic[$0] }
    }

    /// - Throws: `corrupt` unless `body` is one whole frame, `over_limit` if its window is larger than a frame's may be.
    static func check(_ body: Span<UInt8>) throws(ZstdError) {
        guard body.count > magic.count + 1, begins(body) else {
            throw ZstdError(code: .corrupt, message: "a body is not a zstd frame")
        }
        let (length, contentSize) = body.withUnsafeBufferPointer {
            (
                ZSTD_findFrameCompressedSize($0.baseAddress, $0.count),
                ZSTD_getFrameContentSize($0.baseAddress, $0.count)
            )
        }
        guard ZSTD_isError(length) == 0 else { throw .from(length) }
        guard length == body.count else {
            throw ZstdError(code: .corrupt, message: "a body goes on behind its zstd frame")
        }
        guard window(body, contentSize) <= largestWindow else {
            throw ZstdError(
                code: .overLimit, message: "a zstd frame's window is larger than 2^\(Limits.largestWindowLog) bytes")
        }
    }

    /// RFC 8878, section 3.1.1.1: a frame of a single segment has its content as its window, any other one says its
    /// window in a byte of five bits of exponent and three of mantissa.
    private static func window(_ body: Span<UInt8>, _ contentSize: UInt64) -> UInt64 {
        let isSingleSegment = body[magic.count] & 0b10_0000 != 0
        if isSingleSegment { return contentSize }
        let descriptor = UInt64(body[magic.count + 1])
        let base = UInt64(1) << (10 + descriptor >> 3)
        return base + base / 8 * (descriptor & 0b111)
    }
}
