/// One value of a row, an argument or a parameter: SQLite's five types.
public enum Value: Equatable, Sendable {
    case null
    case integer(Int64)
    case real(Double)
    case text(String)
    case blob([UInt8])
}

/// `QUERY`: a question or an action, and how much of an answer is wanted.
public struct Query: Equatable, Sendable {
    public enum Request: Equatable, Sendable {
        /// A named report or action with arguments.
        case report(name: String, arguments: [String: Value])
        /// One read-only statement, its parameters by position.
        case sql(text: String, parameters: [Value])
    }

    public var request: Request
    /// Raw bytes of `ROWS` bodies that the collector may send at once.
    public var credit: UInt64
    /// 0 for the collector's own limit; a larger one than the collector's is lowered to it. So with the next two.
    public var timeoutMs: UInt32
    public var maximumRows: UInt64
    public var maximumBytes: UInt64

    public init(
        _ request: Request, credit: UInt64, timeoutMs: UInt32 = 0, maximumRows: UInt64 = 0, maximumBytes: UInt64 = 0
    ) {
        self.request = request
        self.credit = credit
        self.timeoutMs = timeoutMs
        self.maximumRows = maximumRows
        self.maximumBytes = maximumBytes
    }
}

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

/// `SUMMARY`: how a query ended.
public struct Summary: Equatable, Sendable {
    public var code: Code
    public var message: String
    public var rows: UInt64
    public var bytes: UInt64
    public var elapsedUs: UInt64
    /// After how many milliseconds asking again can help; 0 where it cannot.
    public var retryAfterMs: UInt32

    public init(
        code: Code = .ok, message: String = "", rows: UInt64 = 0, bytes: UInt64 = 0, elapsedUs: UInt64 = 0,
        retryAfterMs: UInt32 = 0
    ) {
        self.code = code
        self.message = message
        self.rows = rows
        self.bytes = bytes
        self.elapsedUs = elapsedUs
        self.retryAfterMs = retryAfterMs
    }
}

extension Value: DecodableBody {
    public func encode(into writer: inout WireWriter) {
        switch self {
        case .null: break
        case .integer(let value): writer.integerValue(value)
        case .real(let value): writer.optional(2, value)
        case .text(let value): writer.optional(3, value)
        case .blob(let value): writer.blob(4, value)
        }
    }

    static func decode(_ reader: inout WireReader, _ bytes: Span<UInt8>) throws(WireReader.Failure) -> Value {
        try decode(&reader, bytes, after: .null)
    }

    /// The kind that stands last counts, in this piece of the message or, if it has none, in an `earlier` one.
    fileprivate static func decode(
        _ reader: inout WireReader, _ bytes: Span<UInt8>, after earlier: Value
    ) throws(WireReader.Failure) -> Value {
        var value = earlier
        while let tag = try reader.nextTag() {
            switch tag.field {
            case 1: value = .integer(try reader.zigzag(tag))
            case 2: value = .real(try reader.double(tag))
            case 3: value = .text(try reader.text(tag, bytes))
            case 4: value = .blob(try reader.blob(tag, bytes))
            default: try reader.skip(tag.type)
            }
        }
        return value
    }
}

extension WireWriter {
    mutating func integerValue(_ value: Int64) {
        tag(1, .varint)
        varint(UInt64(bitPattern: value << 1 ^ value >> 63))
    }
}

extension Query: DecodableBody {
    public func encode(into writer: inout WireWriter) {
        switch request {
        case .report(let name, let arguments):
            writer.message(1) { report in
                report.string(1, name)
                for (name, value) in arguments.sorted(by: { $0.key < $1.key }) {
                    report.message(2) { argument in
                        argument.string(1, name)
                        argument.message(2) { value.encode(into: &$0) }
                    }
                }
            }
        case .sql(let text, let parameters):
            writer.message(2) { sql in
                sql.string(1, text)
                for value in parameters { sql.message(2) { value.encode(into: &$0) } }
            }
        }
        writer.unsigned(3, credit)
        writer.unsigned(4, UInt64(timeoutMs))
        writer.unsigned(5, maximumRows)
        writer.unsigned(6, maximumBytes)
    }

    static func decode(_ reader: inout WireReader, _ bytes: Span<UInt8>) throws(WireReader.Failure) -> Query {
        var query = Query(.report(name: "", arguments: [:]), credit: 0)
        while let tag = try reader.nextTag() {
            switch tag.field {
            case 1:
                var nested = WireReader(bytes, try reader.slice(tag))
                query.request = try decodeReport(&nested, bytes, after: query.request)
            case 2:
                var nested = WireReader(bytes, try reader.slice(tag))
                query.request = try decodeSQL(&nested, bytes, after: query.request)
            case 3: query.credit = try reader.unsigned(tag)
            case 4: query.timeoutMs = try reader.unsigned32(tag)
            case 5: query.maximumRows = try reader.unsigned(tag)
            case 6: query.maximumBytes = try reader.unsigned(tag)
            default: try reader.skip(tag.type)
            }
        }
        return query
    }

    // A submessage that comes in pieces is merged, as protobuf has it.
    private static func decodeReport(
        _ reader: inout WireReader, _ bytes: Span<UInt8>, after earlier: Request
    ) throws(WireReader.Failure) -> Request {
        var name = ""
        var arguments: [String: Value] = [:]
        if case .report(let first, let others) = earlier { (name, arguments) = (first, others) }
        while let tag = try reader.nextTag() {
            switch tag.field {
            case 1: name = try reader.text(tag, bytes)
            case 2:
                var nested = WireReader(bytes, try reader.slice(tag))
                let argument = try decodeArgument(&nested, bytes)
                arguments[argument.name] = argument.value
            default: try reader.skip(tag.type)
            }
        }
        return .report(name: name, arguments: arguments)
    }

    private static func decodeArgument(
        _ reader: inout WireReader, _ bytes: Span<UInt8>
    ) throws(WireReader.Failure) -> (name: String, value: Value) {
        var argument = (name: "", value: Value.null)
        while let tag = try reader.nextTag() {
            switch tag.field {
            case 1: argument.name = try reader.text(tag, bytes)
            case 2:
                var nested = WireReader(bytes, try reader.slice(tag))
                argument.value = try Value.decode(&nested, bytes, after: argument.value)
            default: try reader.skip(tag.type)
            }
        }
        return argument
    }

    private static func decodeSQL(
        _ reader: inout WireReader, _ bytes: Span<UInt8>, after earlier: Request
    ) throws(WireReader.Failure) -> Request {
        var text = ""
        var parameters: [Value] = []
        if case .sql(let first, let others) = earlier { (text, parameters) = (first, others) }
        while let tag = try reader.nextTag() {
            switch tag.field {
            case 1: text = try reader.text(tag, bytes)
            case 2:
                var nested = WireReader(bytes, try reader.slice(tag))
                parameters.append(try Value.decode(&nested, bytes))
            default: try reader.skip(tag.type)
            }
        }
        return .sql(text: text, parameters: parameters)
    }
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
            default: try reader.skip(tag.type)
            }
        }
        return summary
    }
}
