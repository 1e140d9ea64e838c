internal import TracewireProtocol

/// Where a value lies: in the row in place of the value, as a BLOB of two variable integers.
///
/// All values ever stored form one long sequence of bytes, cut into segments. A reference names a place in the sequence
/// and not a segment, so that neighbouring segments can be merged without touching a row.
struct ValueReference: Hashable {
    /// The place of the value's first byte.
    let position: Int64
    /// Bytes of the value.
    let length: Int

    /// Two integers, of which the second is at most ``Limits/valueBytes``.
    static let largestEncoding = 14

    init(position: Int64, length: Int) {
        self.position = position
        self.length = length
    }

    /// Reads a reference; `nil` if the bytes are none.
    init?(_ bytes: UnsafeRawBufferPointer) {
        var reader = VarintReader(bytes)
        guard let position = reader.next(), let length = reader.next(), reader.isAtEnd,
            position <= UInt64(Int64.max), length <= UInt64(Limits.valueBytes)
        else { return nil }
        self.init(position: Int64(position), length: Int(length))
    }

    var encoded: [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(Self.largestEncoding)
        bytes.append(varint: UInt64(position))
        bytes.append(varint: UInt64(length))
        return bytes
    }
}
