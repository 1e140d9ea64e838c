/// `QUERY`: a question or an action, and how much of an answer is wanted.
public struct Query: Equatable, Sendable {
    public enum Request: Equatable, Sendable {
        /// A named report or action with arguments.
        case report(name: String, arguments: [String: Value])
        /// One read-only statement, its parameters by position.
        case sql(text: String, parameters: [Value])
    }

    public var request: Request
    /// Raw bytes of `ROWS` bodies that the collector may send, in all, until `CREDIT` raises the number.
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
                // No report has so many: one of them is unknown, and is refused for it.
                if arguments.count < Limits.queryParameters { arguments[argument.name] = argument.value }
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
                let parameter = try Value.decode(&nested, bytes)
                // One too many is enough to refuse them all.
                if parameters.count <= Limits.queryParameters { parameters.append(parameter) }
            default: try reader.skip(tag.type)
            }
        }
        return .sql(text: text, parameters: parameters)
    }
}
