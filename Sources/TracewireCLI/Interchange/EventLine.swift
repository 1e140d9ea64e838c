internal import TracewireProtocol

/// Writes one event as a line, key by key, with the spacing and the escapes of Python's
/// `json.dumps(…, ensure_ascii=False, separators=(",", ":"))`.
struct EventLine {
    private var bytes: [UInt8]

    init(_ kind: EventKind) {
        bytes = Array("{\"event\":\"\(kind.rawValue)\"".utf8)
    }

    private mutating func key(_ key: EventKey) {
        bytes.append(contentsOf: ",\"".utf8)
        bytes.append(contentsOf: key.name.utf8)
        bytes.append(contentsOf: "\":".utf8)
    }

    mutating func text(_ key: EventKey, _ value: String?) {
        guard let value else { return }
        self.key(key)
        JSONString.append(value, to: &bytes)
    }

    /// A JSON value, as the text it is.
    mutating func json(_ key: EventKey, _ value: String?) {
        guard let value else { return }
        self.key(key)
        JSONString.appendRaw(value, to: &bytes)
    }

    mutating func integer(_ key: EventKey, _ value: Int64?) {
        guard let value else { return }
        self.key(key)
        bytes.append(contentsOf: String(value).utf8)
    }

    mutating func double(_ key: EventKey, _ value: Double?) {
        guard let value else { return }
        self.key(key)
        bytes.append(contentsOf: value.description.utf8)
    }

    mutating func null(_ key: EventKey) {
        self.key(key)
        bytes.append(contentsOf: "null".utf8)
    }

    /// The line, ended by a line feed.
    consuming func ended() -> [UInt8] {
        bytes.append(contentsOf: "}\n".utf8)
        return bytes
    }
}
