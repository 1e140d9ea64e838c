internal import TracewireProtocol

/// A run as one JSON object: the workflow's columns, `nodes` with the `generations` of each, and the `generations`
/// outside of any node.
enum RunObject {
    static func line(_ run: Run) -> String {
        var bytes = fields(run.workflow)
        append("nodes", to: &bytes)
        bytes += array(
            run.nodes.map { node in
                var object = fields(node.row)
                append("generations", to: &object)
                object += array(node.generations.map { fields($0) + [UInt8(ascii: "}")] })
                return object + [UInt8(ascii: "}")]
            })
        append("generations", to: &bytes)
        bytes += array(run.ownGenerations.map { fields($0) + [UInt8(ascii: "}")] })
        bytes += Array("}\n".utf8)
        return String(decoding: bytes, as: UTF8.self)
    }

    private static func append(_ key: String, to object: inout [UInt8]) {
        object += Array(",\"\(key)\":".utf8)
    }

    private static func array(_ objects: [[UInt8]]) -> [UInt8] {
        [UInt8(ascii: "[")] + objects.joined(separator: [UInt8(ascii: ",")]) + [UInt8(ascii: "]")]
    }

    /// The columns of a row as an object whose end is missing.
    private static func fields(_ row: AnswerRow) -> [UInt8] {
        var keys = JSONKeys()
        keys.begin(row.columns)
        return keys.object(row.values)
    }
}
