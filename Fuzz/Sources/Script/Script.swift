public import TracewireProtocol

/// Reads frames, and what is to happen between them, out of what the fuzzer gives.
public struct Script {
    private let bytes: [UInt8]
    private var place = 0

    public init(_ bytes: [UInt8]) {
        self.bytes = bytes
    }

    /// 0 at the end.
    public mutating func byte() -> UInt8 {
        guard place < bytes.count else { return 0 }
        place += 1
        return bytes[place - 1]
    }

    /// All that is left.
    public mutating func rest() -> [UInt8] {
        defer { place = bytes.count }
        return Array(bytes[place...])
    }

    /// `nil` at the end.
    public mutating func frame() -> (header: FrameHeader, body: [UInt8])? {
        guard place < bytes.count else { return nil }
        let type = FrameType(rawValue: byte())
        let flags = FrameFlags(rawValue: byte())
        let sequence = UInt64(byte())
        let length = min(Int(byte()) | Int(byte()) << 8, bytes.count - place)
        let body = Array(bytes[place..<place + length])
        place += length
        return (FrameHeader(type, flags: flags, sequence: sequence, body: body.span), body)
    }
}
