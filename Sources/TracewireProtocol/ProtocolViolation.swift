/// What a peer did that ends its connection: a code, and a sentence that is sent to it.
///
/// The sentence names the rule and the numbers; it never carries bytes of a payload.
public struct ProtocolViolation: Error, Equatable, Sendable, CustomStringConvertible {
    public let code: Code
    public let message: String

    public init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    public var description: String { "\(code): \(message)" }

    /// - Throws: `unexpected_frame` unless the frame `isExpected`.
    static func require(_ isExpected: Bool, _ message: String) throws(ProtocolViolation) {
        if !isExpected { throw ProtocolViolation(.unexpectedFrame, message) }
    }
}

/// Why one record is refused. It concerns this record alone: the rest of its batch goes through.
public struct RecordFault: Error, Equatable, Sendable, CustomStringConvertible {
    public let code: Code
    public let message: String

    public init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    public var description: String { "\(code): \(message)" }
}
