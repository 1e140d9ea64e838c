/// A typed code, the same number in every version and language. The catalogue is in `protocol/SPEC.md`, section "Codes".
///
/// Codes from 100 end a connection, codes from 200 are verdicts on a record, codes from 300 end a query.
/// A receiver treats an unknown number by its hundred.
public struct Code: RawRepresentable, Hashable, Sendable {
    public let rawValue: UInt32

    public init(rawValue: UInt32) {
        self.rawValue = rawValue
    }

    /// No error.
    public static let ok = Code(rawValue: 0)

    // The connection.
    public static let notTracewire = Code(rawValue: 100)
    public static let unsupportedVersion = Code(rawValue: 101)
    public static let invalidHeader = Code(rawValue: 102)
    public static let checksumMismatch = Code(rawValue: 103)
    public static let frameTooLarge = Code(rawValue: 104)
    public static let unknownFrameType = Code(rawValue: 105)
    public static let malformedBody = Code(rawValue: 106)
    public static let decompressionFailed = Code(rawValue: 107)
    public static let unexpectedFrame = Code(rawValue: 108)
    public static let missingFeature = Code(rawValue: 109)
    public static let timedOut = Code(rawValue: 110)
    public static let creditExceeded = Code(rawValue: 111)
    public static let sequenceGap = Code(rawValue: 112)
    public static let producerExpired = Code(rawValue: 113)
    public static let staleEpoch = Code(rawValue: 114)
    public static let unauthorized = Code(rawValue: 115)
    public static let tooManyConnections = Code(rawValue: 116)
    public static let shuttingDown = Code(rawValue: 117)
    public static let storageUnavailable = Code(rawValue: 118)
    public static let internalFailure = Code(rawValue: 119)
    public static let batchTooLarge = Code(rawValue: 120)
    public static let tlsRequired = Code(rawValue: 121)

    // A record.
    public static let parked = Code(rawValue: 200)
    public static let illegalTransition = Code(rawValue: 201)
    public static let unknownStatus = Code(rawValue: 202)
    public static let conflictingDuplicate = Code(rawValue: 203)
    public static let wrongParent = Code(rawValue: 204)
    public static let invalidJSON = Code(rawValue: 205)
    public static let invalidUTF8 = Code(rawValue: 206)
    public static let valueOutOfRange = Code(rawValue: 207)
    public static let tooLarge = Code(rawValue: 208)
    public static let unknownRecord = Code(rawValue: 209)
    public static let malformedRecord = Code(rawValue: 210)
    public static let missingField = Code(rawValue: 211)
    public static let invalidIdentity = Code(rawValue: 212)
    public static let parkedLimit = Code(rawValue: 213)
    /// The record was parked, and its parent did not come.
    public static let parentMissing = Code(rawValue: 214)

    // A query.
    public static let unknownReport = Code(rawValue: 300)
    public static let invalidArgument = Code(rawValue: 301)
    public static let sqlError = Code(rawValue: 302)
    public static let notPermitted = Code(rawValue: 303)
    public static let deadlineExceeded = Code(rawValue: 304)
    public static let rowLimit = Code(rawValue: 305)
    public static let byteLimit = Code(rawValue: 306)
    public static let cancelled = Code(rawValue: 307)
    public static let notFound = Code(rawValue: 308)
    public static let busy = Code(rawValue: 309)

    /// The record was kept and will be applied when its parent arrives: informative, not a rejection.
    public var isRejection: Bool { self != .ok && self != .parked }

    private static let names: [UInt32: String] = [
        0: "ok",
        100: "not_tracewire", 101: "unsupported_version", 102: "invalid_header", 103: "checksum_mismatch",
        104: "frame_too_large", 105: "unknown_frame_type", 106: "malformed_body", 107: "decompression_failed",
        108: "unexpected_frame", 109: "missing_feature", 110: "timed_out", 111: "credit_exceeded",
        112: "sequence_gap", 113: "producer_expired", 114: "stale_epoch", 115: "unauthorized",
        116: "too_many_connections", 117: "shutting_down", 118: "storage_unavailable", 119: "internal_failure",
        120: "batch_too_large", 121: "tls_required",
        200: "parked", 201: "illegal_transition", 202: "unknown_status", 203: "conflicting_duplicate",
        204: "wrong_parent", 205: "invalid_json", 206: "invalid_utf8", 207: "value_out_of_range", 208: "too_large",
        209: "unknown_record", 210: "malformed_record", 211: "missing_field", 212: "invalid_identity",
        213: "parked_limit", 214: "parent_missing",
        300: "unknown_report", 301: "invalid_argument", 302: "sql_error", 303: "not_permitted",
        304: "deadline_exceeded", 305: "row_limit", 306: "byte_limit", 307: "cancelled", 308: "not_found", 309: "busy",
    ]
}

extension Code: CustomStringConvertible {
    /// The code's stable name, or `code_N` for a number this version does not know.
    public var description: String { Self.names[rawValue] ?? "code_\(rawValue)" }
}
