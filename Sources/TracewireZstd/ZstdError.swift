internal import CZstd
public import TracewireProtocol

/// Why bytes could not be compressed or inflated. It carries zstd's own sentence, never the bytes.
public struct ZstdError: Error, Equatable, Sendable, CustomStringConvertible {
    public enum Code: String, Sendable {
        /// The bytes are not what zstd writes, or are cut short.
        case corrupt
        /// They would inflate to another length than was announced, or need a larger window than was granted.
        case overLimit = "over_limit"
        /// zstd had no memory for a context.
        case noMemory = "no_memory"
    }

    public let code: Code
    public let message: String

    public init(code: Code, message: String) {
        self.code = code
        self.message = message
    }

    public var description: String { "\(code.rawValue): \(message)" }

    /// What a body that could not be inflated means for its connection: `decompression_failed`, or `internal_failure`
    /// where the peer can do nothing for it.
    public var violation: ProtocolViolation {
        ProtocolViolation(
            code == .noMemory ? .internalFailure : .decompressionFailed, "a body cannot be inflated: \(message)")
    }

    /// zstd's own error, named by `result`.
    static func from(_ result: Int) -> ZstdError {
        let name = ZSTD_getErrorName(result).map { String(cString: $0) } ?? "unknown error"
        switch ZSTD_getErrorCode(result) {
        case ZSTD_error_memory_allocation: return ZstdError(code: .noMemory, message: name)
        case ZSTD_error_frameParameter_windowTooLarge, ZSTD_error_dstSize_tooSmall:
            return ZstdError(code: .overLimit, message: name)
        default: return ZstdError(code: .corrupt, message: name)
        }
    }
}
