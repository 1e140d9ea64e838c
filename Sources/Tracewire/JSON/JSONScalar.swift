/// A value whose JSON text has no other values in it, and which knows that text.
///
/// The containers of ``JSONTextEncoder`` take these as they are, without asking them to encode themselves.
protocol JSONScalar: Encodable {
    func appendJSON(to bytes: inout [UInt8])
}

extension String: JSONScalar {
    func appendJSON(to bytes: inout [UInt8]) { bytes.appendQuoted(self) }
}

extension Bool: JSONScalar {
    func appendJSON(to bytes: inout [UInt8]) { bytes.append(contentsOf: (self ? "true" : "false").utf8) }
}

extension JSONScalar where Self: BinaryFloatingPoint & CustomStringConvertible {
    /// The shortest text that reads back as the same number; `null` for what JSON has no number for.
    func appendJSON(to bytes: inout [UInt8]) {
        bytes.append(contentsOf: (isFinite ? description : "null").utf8)
    }
}

extension JSONScalar where Self: FixedWidthInteger {
    func appendJSON(to bytes: inout [UInt8]) { bytes.append(contentsOf: String(self).utf8) }
}

extension Double: JSONScalar {}
extension Float: JSONScalar {}
extension Int: JSONScalar {}
extension Int8: JSONScalar {}
extension Int16: JSONScalar {}
extension Int32: JSONScalar {}
extension Int64: JSONScalar {}
extension Int128: JSONScalar {}
extension UInt: JSONScalar {}
extension UInt8: JSONScalar {}
extension UInt16: JSONScalar {}
extension UInt32: JSONScalar {}
extension UInt64: JSONScalar {}
extension UInt128: JSONScalar {}

/// What `encodeNil` encodes.
struct JSONNull: JSONScalar {
    func appendJSON(to bytes: inout [UInt8]) { bytes.append(contentsOf: "null".utf8) }
}

extension JSONTree {
    /// Adds `value` to `parent` if it is of one of the types that collections hold most, and says whether it is.
    ///
    /// A collection hands over its elements as values of any type. To look for these types is much cheaper than to have
    /// each element encode itself. Out of line: what it needs on the stack would count at every level of nesting.
    @inline(never)
    mutating func addIfScalar<Value: Encodable>(_ value: Value, key: String?, to parent: Int) throws -> Bool {
        if Value.self == String.self, let string = value as? String {
            try addScalar(string, key: key, to: parent)
        } else if Value.self == Int.self, let integer = value as? Int {
            try addScalar(integer, key: key, to: parent)
        } else if Value.self == Double.self, let number = value as? Double {
            try addScalar(number, key: key, to: parent)
        } else if Value.self == Bool.self, let boolean = value as? Bool {
            try addScalar(boolean, key: key, to: parent)
        } else {
            try check(value)
            return false
        }
        return true
    }
}
