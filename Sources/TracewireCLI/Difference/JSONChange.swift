/// One change within a JSON value. Made one after the other, the changes of a list turn the first value into the second.
struct JSONChange {
    enum Kind {
        case added(JSONValue)
        case removed(JSONValue)
        case replaced(JSONValue, by: JSONValue)
    }

    /// A step down from a container.
    enum Step {
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
                "/" + Self.escaped(key)
            case .element(let index, _): "/\(index)"
            }
        }.joined()
    }

    /// An accent behind the sign makes one character with it, which has to be escaped all the same.
    private static func escaped(_ key: String) -> String {
        var escaped = String.UnicodeScalarView()
        for scalar in key.unicodeScalars {
            switch scalar {
            case "~": escaped.append(contentsOf: "~0".unicodeScalars)
            case "/": escaped.append(contentsOf: "~1".unicodeScalars)
            default: escaped.append(scalar)
            }
        }
        return String(escaped)
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
