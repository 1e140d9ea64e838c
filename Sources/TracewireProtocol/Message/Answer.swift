/// A column of an answer.
public struct Column: Equatable, Sendable {
    public var name: String
    /// As the schema declares it (`INTEGER`, `TEXT`, `JSON`, …), empty for an expression.
    public var declaredType: String

    public init(name: String, declaredType: String) {
        self.name = name
        self.declaredType = declaredType
    }
}

/// `SUMMARY`: how a query or a watch ended.
public struct Summary: Equatable, Sendable {
    public var code: Code
    public var message: String
    public var rows: UInt64
    public var bytes: UInt64
    public var elapsedUs: UInt64
    /// After how many milliseconds asking again can help; 0 where it cannot.
    public var retryAfterMs: UInt32
    /// The number of the last event that was committed, in the answer to `WATCH`; 0 in others.
    public var position: UInt64

    public init(
        code: Code = .ok, message: String = "", rows: UInt64 = 0, bytes: UInt64 = 0, elapsedUs: UInt64 = 0,
        retryAfterMs: UInt32 = 0, position: UInt64 = 0
    ) {
        self.position = position
        self.code = code
        self.message = message
        self.rows = rows
        self.bytes = bytes
        self.elapsedUs = elapsedUs
        self.retryAfterMs = retryAfterMs
    }
}

extension Summary {
    /// What every query is answered that comes while the collector stops.
    public static let shuttingDown = Summary(
        code: .shuttingDown, message: "the collector is stopping", retryAfterMs: 1000)
}

/// `COLUMNS`: what each value of the rows that follow means.
public struct Columns: Equatable, Sendable {
    public var columns: [Column]

    public init(_ columns: [Column]) {
        self.columns = columns
    }
}

extension Columns: DecodableBody {
    public func encode(into writer: inout WireWriter) {
        for column in columns {
            writer.message(1) {
                $0.string(1, column.name)
                $0.string(2, column.declaredType)
            }
        }
    }

    static func decode(_ reader: inout WireReader, _ bytes: Span<UInt8>) throws(WireReader.Failure) -> Columns {
        var columns = Columns([])
        while let tag = try reader.nextTag() {
            guard tag.field == 1 else {
                try reader.skip(tag.type)
                continue
            }
            var nested = WireReader(bytes, try reader.slice(tag))
            columns.columns.append(try Column.decode(&nested, bytes))
        }
        return columns
    }
}

extension Column {
    fileprivate static func decode(
        _ reader: inout WireReader, _ bytes: Span<UInt8>
    ) throws(WireReader.Failure) -> Column {
        var column = Column(name: "", declaredType: "")
        while let tag = try reader.nextTag() {
            switch tag.field {
            case 1: column.name = try reader.text(tag, bytes)
            case 2: column.declaredType = try reader.text(tag, bytes)
            default: try reader.skip(tag.type)
            }
        }
        return column
    }
}

extension Summary: DecodableBody {
    public func encode(into writer: inout WireWriter) {
        writer.unsigned(1, UInt64(code.rawValue))
        writer.string(2, message)
        writer.unsigned(3, rows)
        writer.unsigned(4, bytes)
        writer.unsigned(5, elapsedUs)
        writer.unsigned(6, UInt64(retryAfterMs))
        writer.unsigned(7, position)
    }

    static func decode(_ reader: inout WireReader, _ bytes: Span<UInt8>) throws(WireReader.Failure) -> Summary {
        var summary = Summary()
        while let tag = try reader.nextTag() {
            switch tag.field {
            case 1: summary.code = Code(rawValue: try reader.unsigned32(tag))
            case 2: summary.message = try reader.text(tag, bytes)
            case 3: summary.rows = try reader.unsigned(tag)
            case 4: summary.bytes = try reader.unsigned(tag)
            case 5: summary.elapsedUs = try reader.unsigned(tag)
            case 6: summary.retryAfterMs = try reader.unsigned32(tag)
            case 7: summary.position = try reader.unsigned(tag)
            default: try reader.skip(tag.type)
            }
        }
        return summary
    }
}
