#if DistributedTracing
    internal import Tracing

    extension SpanAttribute {
        var json: JSONText {
            switch self {
            case .int32(let value): .integer(Int64(value))
            case .int64(let value): .integer(value)
            case .int32Array(let values): .array(values.map { .integer(Int64($0)) })
            case .int64Array(let values): .array(values.map { .integer($0) })
            case .double(let value): .number(value)
            case .doubleArray(let values): .array(values.map { .number($0) })
            case .bool(let value): .boolean(value)
            case .boolArray(let values): .array(values.map { .boolean($0) })
            case .string(let value): .string(value)
            case .stringArray(let values): .array(values.map { .string($0) })
            case .stringConvertible(let value): .string("\(value)")
            case .stringConvertibleArray(let values): .array(values.map { .string("\($0)") })
            default: .null
            }
        }

        /// Text as it is; anything else as JSON.
        var text: String {
            switch self {
            case .string(let value): value
            case .stringConvertible(let value): "\(value)"
            default: json.text
            }
        }

        /// Text that is JSON as such.
        var structured: JSONText {
            switch self {
            case .string, .stringConvertible: JSONText(validating: text) ?? .string(text)
            default: json
            }
        }

        var integer: Int64? {
            switch self {
            case .int32(let value): Int64(value)
            case .int64(let value): value
            case .double(let value): Int64(exactly: value)
            default: nil
            }
        }

        var number: Double? {
            if case .double(let value) = self { value } else { integer.map(Double.init) }
        }
    }

    extension SpanAttributes {
        /// In the order of their names, so that the same attributes are the same text.
        var sorted: [(name: String, value: SpanAttribute)] {
            var all: [(name: String, value: SpanAttribute)] = []
            all.reserveCapacity(count)
            forEach { all.append(($0, $1)) }
            return all.sorted { $0.name < $1.name }
        }
    }
#endif
