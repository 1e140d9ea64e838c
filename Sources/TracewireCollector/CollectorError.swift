public import TracewireStore

/// Why a collector cannot start or go on.
public struct CollectorError: Error, Sendable, CustomStringConvertible {
    public struct Code: RawRepresentable, Hashable, Sendable {
        public let rawValue: String

        public init(rawValue: String) {
            self.rawValue = rawValue
        }

        /// The address is taken.
        public static let addressInUse = Code(rawValue: "address_in_use")
        /// The address is not one of this machine, or may not be bound.
        public static let cannotListen = Code(rawValue: "cannot_listen")
        /// The address is not loopback, and nothing protects it.
        public static let insecure = Code(rawValue: "insecure")
        /// The tokens file cannot be read or written, or is none.
        public static let tokens = Code(rawValue: "tokens")
        /// The system lets the process open too few files and sockets.
        public static let tooFewDescriptors = Code(rawValue: "too_few_descriptors")
        /// A file for TLS is missing, cannot be read, or is not what it has to be.
        public static let tlsUnusable = Code(rawValue: "tls_unusable")
        /// The store cannot be opened; the cause is a ``StoreError``.
        public static let store = Code(rawValue: "store")
    }

    public let code: Code
    /// What happened, to what, and what to do next.
    public let message: String
    /// The store's error, where it is one.
    public let cause: StoreError?

    init(_ code: Code, _ message: String, cause: StoreError? = nil) {
        self.code = code
        self.message = message
        self.cause = cause
    }

    public var description: String { message }
}
