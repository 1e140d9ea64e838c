/// Writes the body of `ROWS` value by value, from wherever the values lie: a row is never built as an array first, and a
/// large one lies in memory once.
public struct RowsWriter: Sendable {
    private var writer = WireWriter()
    /// Where the length of the row belongs that has not ended; `nil` between rows.
    private var openRow: Int?
    /// Rows that the body holds.
    public private(set) var rows = 0

    public init() {}

    /// Bytes of the body so far, with those of a row that has not ended.
    public var count: Int { writer.count }

    /// Makes room for so many bytes more, for a row that is large: nothing is moved while it grows.
    public mutating func reserve(_ bytes: Int) {
        writer.reserve(bytes)
    }

    public mutating func null() {
        beginRow()
        writer.message(1) { _ in }
    }

    public mutating func integer(_ value: Int64) {
        beginRow()
        writer.message(1) { $0.integerValue(value) }
    }

    public mutating func real(_ value: Double) {
        beginRow()
        writer.message(1) { $0.optional(2, value) }
    }

    /// A text that the caller knows to be UTF-8.
    public mutating func text(_ value: Span<UInt8>) {
        beginRow()
        writer.valueBytes(3, value)
    }

    public mutating func blob(_ value: Span<UInt8>) {
        beginRow()
        writer.valueBytes(4, value)
    }

    public mutating func value(_ value: Value) {
        beginRow()
        writer.message(1) { value.encode(into: &$0) }
    }

    /// Ends the row of the values given since the last one ended.
    public mutating func endRow() {
        beginRow()
        if let openRow { writer.closeMessage(at: openRow) }
        openRow = nil
        rows += 1
    }

    /// Forgets the values given since the last row ended.
    public mutating func dropRow() {
        guard let openRow else { return }
        writer.shorten(to: openRow - 1)
        self.openRow = nil
    }

    /// Hands out the body, and is empty again.
    public mutating func take() -> [UInt8] {
        defer {
            writer = WireWriter()
            rows = 0
        }
        return writer.bytes
    }

    private mutating func beginRow() {
        guard openRow == nil else { return }
        writer.tag(1, .lengthDelimited)
        openRow = writer.count
        writer.byte(0)
    }
}

extension WireWriter {
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
