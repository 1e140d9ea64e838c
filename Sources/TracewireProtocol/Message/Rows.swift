/// Writes the body of `ROWS` value by value, from wherever the values lie: a row is never built as an array first.
public struct RowsWriter: Sendable {
    private var writer = WireWriter()
    private var row = WireWriter()
    /// Rows that the body holds.
    public private(set) var rows = 0

    public init() {}

    /// Bytes of the body so far.
    public var count: Int { writer.count }

    public mutating func null() {
        row.message(1) { _ in }
    }

    public mutating func integer(_ value: Int64) {
        row.message(1) { $0.integerValue(value) }
    }

    public mutating func real(_ value: Double) {
        row.message(1) { $0.optional(2, value) }
    }

    /// A text that the caller knows to be UTF-8.
    public mutating func text(_ value: Span<UInt8>) {
        row.valueBytes(3, value)
    }

    public mutating func blob(_ value: Span<UInt8>) {
        row.valueBytes(4, value)
    }

    public mutating func value(_ value: Value) {
        row.message(1) { value.encode(into: &$0) }
    }

    /// Ends the row of the values given since the last one ended.
    public mutating func endRow() {
        writer.tag(1, .lengthDelimited)
        writer.varint(UInt64(row.count))
        writer.append(contentsOf: row.bytes)
        row.removeAll()
        rows += 1
    }

    /// Hands out the body, and is empty again.
    public mutating func take() -> [UInt8] {
        defer {
            writer = WireWriter()
            rows = 0
        }
        return writer.bytes
    }
}

extension WireWriter {
    mutating func append(contentsOf other: [UInt8]) {
        write(other)
    }

    /// Field 1 of a row: a value whose own field `field` holds `value`.
    fileprivate mutating func valueBytes(_ field: UInt32, _ value: Span<UInt8>) {
        tag(1, .lengthDelimited)
        varint(UInt64(1 + Self.varintLength(UInt64(value.count)) + value.count))
        tag(field, .lengthDelimited)
        varint(UInt64(value.count))
        write(value)
    }
}

/// `ROWS`, read.
public struct Rows: Equatable, Sendable {
    public var rows: [[Value]]

    public init(_ rows: [[Value]]) {
        self.rows = rows
    }
}

extension Rows: DecodableBody {
    public func encode(into writer: inout WireWriter) {
        for row in rows {
            writer.message(1) { message in
                for value in row { message.message(1) { value.encode(into: &$0) } }
            }
        }
    }

    static func decode(_ reader: inout WireReader, _ bytes: Span<UInt8>) throws(WireReader.Failure) -> Rows {
        var rows = Rows([])
        while let tag = try reader.nextTag() {
            guard tag.field == 1 else {
                try reader.skip(tag.type)
                continue
            }
            var nested = WireReader(bytes, try reader.slice(tag))
            rows.rows.append(try row(&nested, bytes))
        }
        return rows
    }

    private static func row(_ reader: inout WireReader, _ bytes: Span<UInt8>) throws(WireReader.Failure) -> [Value] {
        var values: [Value] = []
        while let tag = try reader.nextTag() {
            guard tag.field == 1 else {
                try reader.skip(tag.type)
                continue
            }
            var nested = WireReader(bytes, try reader.slice(tag))
            values.append(try Value.decode(&nested, bytes))
        }
        return values
    }
}
