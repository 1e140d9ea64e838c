/// One change within a JSON value. Made one after the other, the changes of a list turn the first value into the second.
struct JSONChange: Equatable {
    enum Kind: Equatable {
        case added(JSONValue)
        case removed(JSONValue)
        case replaced(JSONValue, by: JSONValue)
    }

    /// A step down from a container.
    enum Step: Equatable {
        case key(String)
        /// - Parameters:
        ///   - index: the place in the array as it is when the change is made.
        ///   - identity: what names the element wherever it stands, as in `id=7`.
        case element(index: Int, identity: String?)
    }

    let path: [Step]
    let kind: Kind

    /// Where the change is made, as JSON Pointer (RFC 6901); the whole value has an empty one.
    var pointer: String {
        path.map { step in
            switch step {
            case .key(let key):
                "/" + key.replacing("~", with: "~0").replacing("/", with: "~1")
            case .element(let index, _): "/\(index)"
            }
        }.joined()
    }

    /// Where, as people write it: `places[id=7].name`.
    var place: String {
        var place = ""
        for step in path {
            switch step {
            case .key(let key) where Self.isPlain(key): place += place.isEmpty ? key : "." + key
            case .key(let key): place += "[\(JSONValue.string(key).text)]"
            case .element(let index, let identity): place += "[\(identity ?? String(index))]"
            }
        }
        return place
    }

    /// Whether a key can stand between points.
    private static func isPlain(_ key: String) -> Bool {
        !key.isEmpty && key.allSatisfy { $0.isLetter || $0.isNumber || $0 == "_" || $0 == "-" }
    }

    /// The name of the operation in a JSON Patch (RFC 6902).
    var operation: String {
        switch kind {
        case .added: "add"
        case .removed: "remove"
        case .replaced: "replace"
        }
    }
}
