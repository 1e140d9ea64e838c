/// What fields in the protobuf wire format are written to.
///
/// Fields are written in ascending order and defaults are left out, so that equal messages are equal bytes
/// and match what Google's serializer writes.
protocol WireSink {
    /// Bytes written so far.
    var count: Int { get }
    mutating func byte(_ value: UInt8)
    mutating func write(_ bytes: Span<UInt8>)
    mutating func write(_ text: String.UTF8View)
    /// The nested message behind `start`, where one byte is kept for its length, is complete.
    mutating func closeMessage(at start: Int)
}

extension WireSink {
    @inline(__always)
    mutating func varint(_ value: UInt64) {
        var rest = value
        while rest >= 0x80 {
            byte(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        byte(UInt8(rest))
    }

    static func varintLength(_ value: UInt64) -> Int {
        max(1, (70 - value.leadingZeroBitCount) / 7)
    }

    @inline(__always)
    mutating func tag(_ field: UInt32, _ type: WireReader.WireType) {
        varint(UInt64(field) << 3 | UInt64(type.rawValue))
    }

    mutating func unsigned(_ field: UInt32, _ value: UInt64) {
        guard value != 0 else { return }
        tag(field, .varint)
        varint(value)
    }

    mutating func signed(_ field: UInt32, _ value: Int64) {
        unsigned(field, UInt64(bitPattern: value))
    }

    mutating func boolean(_ field: UInt32, _ value: Bool) {
        unsigned(field, value ? 1 : 0)
    }

    mutating func bits64(_ field: UInt32, _ value: UInt64) {
        guard value != 0 else { return }
        tag(field, .fixed64)
        fixed64(value)
    }

    /// A field with explicit presence: written even when it is 0.
    mutating func optional(_ field: UInt32, _ value: Int64?) {
        guard let value else { return }
        tag(field, .varint)
        varint(UInt64(bitPattern: value))
    }

    mutating func optional(_ field: UInt32, _ value: Double?) {
        guard let value else { return }
        tag(field, .fixed64)
        fixed64(value.bitPattern)
    }

    mutating func optional(_ field: UInt32, _ value: String?) {
        guard let value else { return }
        text(field, value)
    }

    mutating func string(_ field: UInt32, _ value: String) {
        guard !value.isEmpty else { return }
        text(field, value)
    }

    private mutating func text(_ field: UInt32, _ value: String) {
        tag(field, .lengthDelimited)
        varint(UInt64(value.utf8.count))
        write(value.utf8)
    }

    mutating func identifier(_ field: UInt32, _ value: Identifier?) {
        guard let value, value != .zero else { return }
        tag(field, .lengthDelimited)
        varint(16)
        value.withBytes { write($0) }
    }

    mutating func blob(_ field: UInt32, _ value: [UInt8]) {
        tag(field, .lengthDelimited)
        varint(UInt64(value.count))
        write(value.span)
    }

    /// A nested message. Its length is not known before it is written, so one byte is kept for it and the body is
    /// moved only when it turns out to need more: most records are far longer than their headers.
    @inline(__always)
    mutating func message(_ field: UInt32, _ body: (inout Self) -> Void) {
        tag(field, .lengthDelimited)
        let start = count
        byte(0)
        body(&self)
        closeMessage(at: start)
    }

    private mutating func fixed64(_ value: UInt64) {
        for shift in stride(from: UInt64(0), to: 64, by: 8) { byte(UInt8(truncatingIfNeeded: value >> shift)) }
    }
}
