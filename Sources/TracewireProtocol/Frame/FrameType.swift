/// What a frame carries. Numbers without a name are unknown: skipped if the frame is optional, an error if not.
public struct FrameType: RawRepresentable, Hashable, Sendable {
    public let rawValue: UInt8

    public init(rawValue: UInt8) {
        self.rawValue = rawValue
    }

    public static let hello = FrameType(rawValue: 1)
    public static let welcome = FrameType(rawValue: 2)
    public static let refuse = FrameType(rawValue: 3)
    public static let batch = FrameType(rawValue: 4)
    public static let ack = FrameType(rawValue: 5)
    public static let credit = FrameType(rawValue: 6)
    public static let query = FrameType(rawValue: 7)
    public static let columns = FrameType(rawValue: 8)
    public static let rows = FrameType(rawValue: 9)
    public static let summary = FrameType(rawValue: 10)
    public static let cancel = FrameType(rawValue: 11)
    public static let watch = FrameType(rawValue: 12)
    public static let ping = FrameType(rawValue: 14)
    public static let pong = FrameType(rawValue: 15)
    public static let goaway = FrameType(rawValue: 16)
    /// Means nothing and is always optional: a collector sends one after `WELCOME`, so that a client which cannot
    /// skip what it does not know is found out on its first day.
    public static let grease = FrameType(rawValue: 0xfa)

    /// Whether this version knows what a frame of this type means.
    public var isKnown: Bool {
        (Self.hello.rawValue...Self.watch.rawValue).contains(rawValue)
            || (Self.ping.rawValue...Self.goaway.rawValue).contains(rawValue)
    }

    /// Whether a frame of this known type may have a body of so many bytes. A message whose fields are all at their
    /// defaults is encoded as nothing; those that always say something are never empty.
    func allowsBody(of length: UInt32) -> Bool {
        switch self {
        case .ping, .pong, .cancel: length == 0
        case .hello, .welcome, .refuse, .batch, .query: length > 0
        default: true
        }
    }
}

/// The bits of a header's flags.
public struct FrameFlags: OptionSet, Hashable, Sendable {
    public let rawValue: UInt8

    public init(rawValue: UInt8) {
        self.rawValue = rawValue
    }

    /// A receiver that does not know the type skips the frame.
    public static let optional = FrameFlags(rawValue: 0b100)
    /// The batch or row chunk goes on in the next frame of the same sequence.
    public static let more = FrameFlags(rawValue: 0b1000)
    static let defined = FrameFlags(rawValue: 0b1111)

    /// How the body was compressed; `nil` for the number 3, which is none.
    public var compression: Compression? { Compression(rawValue: rawValue & 0b11) }

    public init(_ compression: Compression, _ others: FrameFlags = []) {
        rawValue = compression.rawValue | others.rawValue
    }
}

/// How a body is compressed.
public enum Compression: UInt8, CaseIterable, Sendable {
    case none = 0
    /// One zstd frame a body.
    case frame = 1
    /// The stream bodies of one direction are together one zstd frame, flushed at the end of each body.
    case stream = 2
}

/// What a peer can do: bit by bit, in `HELLO` and `WELCOME`.
public struct Features: OptionSet, Hashable, Sendable {
    public let rawValue: UInt64

    public init(rawValue: UInt64) {
        self.rawValue = rawValue
    }

    public static let zstdFrame = Features(rawValue: 1)
    public static let zstdStream = Features(rawValue: 2)
    /// Means nothing and is offered by everyone: whoever cannot bear an unknown bit is found out on the first day.
    public static let grease = Features(rawValue: 1 << 63)

    /// What this version can do.
    public static let supported: Features = [.zstdFrame, .zstdStream]
}
