/// Attributes in OTLP's JSON encoding (opentelemetry-proto, docs/specification.md): protobuf's JSON mapping, so that
/// 64-bit integers are texts. What is `nil` is left out.
struct OTLPAttributes {
    private var bytes: [UInt8] = []

    mutating func text(_ key: String, _ value: String?) {
        guard let value else { return }
        add(key, "stringValue") { JSONString.append(value, to: &$0) }
    }

    mutating func integer(_ key: String, _ value: Int64?) {
        guard let value else { return }
        add(key, "intValue") { $0.append(contentsOf: "\"\(value)\"".utf8) }
    }

    mutating func double(_ key: String, _ value: Double?) {
        // A column holds no other, but protobuf has texts for those that JSON has no number for.
        guard let value, value.isFinite else { return }
        add(key, "doubleValue") { $0.append(contentsOf: value.description.utf8) }
    }

    mutating func boolean(_ key: String, _ value: Bool) {
        add(key, "boolValue") { $0.append(contentsOf: (value ? "true" : "false").utf8) }
    }

    mutating func texts(_ key: String, _ values: [String]) {
        add(key, "arrayValue") { bytes in
            bytes.append(contentsOf: "{\"values\":[".utf8)
            for (index, value) in values.enumerated() {
                bytes.append(contentsOf: (index > 0 ? ",{\"stringValue\":" : "{\"stringValue\":").utf8)
                JSONString.append(value, to: &bytes)
                bytes.append(UInt8(ascii: "}"))
            }
            bytes.append(contentsOf: "]}".utf8)
        }
    }

    private mutating func add(_ key: String, _ type: String, _ value: (inout [UInt8]) -> Void) {
        if !bytes.isEmpty { bytes.append(UInt8(ascii: ",")) }
        bytes.append(contentsOf: "{\"key\":\"\(key)\",\"value\":{\"\(type)\":".utf8)
        value(&bytes)
        bytes.append(contentsOf: "}}".utf8)
    }

    /// As a member of an object.
    var member: [UInt8] { Array("\"attributes\":[".utf8) + bytes + [UInt8(ascii: "]")] }
}
