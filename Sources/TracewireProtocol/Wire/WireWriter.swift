/// Appends fields in the protobuf wire format to bytes that grow.
public struct WireWriter: Sendable {
    public private(set) var bytes: [UInt8] = []

    public init(capacity: Int = 0) {
        bytes.reserveCapacity(capacity)
    }

    public var count: Int { bytes.count }

    /// Makes room for so many bytes more.
    mutating func reserve(_ count: Int) {
        bytes.reserveCapacity(bytes.count + count)
    }

    /// Takes away what is behind the first `count` bytes.
    mutating func shorten(to count: Int) {
        bytes.removeSubrange(count...)
    }

    mutating func write(_ bytes: [UInt8]) {
        self.bytes.append(contentsOf: bytes)
    }
}

extension WireWriter: WireSink {
    mutating func byte(_ value: UInt8) {
        bytes.append(value)
    }

    mutating func write(_ bytes: Span<UInt8>) {
        unsafe bytes.withUnsafeBufferPointer { unsafe self.bytes.append(contentsOf: $0) }
    }

    mutating func write(_ text: String.UTF8View) {
        bytes.append(contentsOf: text)
    }

    mutating func closeMessage(at start: Int) {
        let length = bytes.count - start - 1
        guard length >= 0x80 else {
            bytes[start] = UInt8(length)
            return
        }
        var prefix = WireWriter(capacity: 5)
        prefix.varint(UInt64(length))
        bytes.replaceSubrange(start...start, with: prefix.bytes)
    }
}
