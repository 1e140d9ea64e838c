internal import TracewireProtocol

/// A place in a ``JSONTree``, to which a value encodes itself.
final class JSONTextEncoder: Encoder {
    /// What all places of one tree share. Nothing is called from within the tree that is not ours, so a value that
    /// encodes others never finds it in use.
    final class Shared {
        var tree = JSONTree()
    }

    let shared: Shared
    let node: Int
    private let parent: JSONTextEncoder?
    private let key: (any CodingKey)?

    /// The outermost place of a tree.
    init() {
        shared = Shared()
        node = JSONTree.root
        parent = nil
        key = nil
    }

    private init(_ shared: Shared, node: Int, parent: JSONTextEncoder?, key: (any CodingKey)?) {
        self.shared = shared
        self.node = node
        self.parent = parent
        self.key = key
    }

    /// A place below this one, which must be a container.
    func place(at node: Int, key: any CodingKey) -> JSONTextEncoder {
        JSONTextEncoder(shared, node: node, parent: self, key: key)
    }

    /// A place below this one that is filled later, or never.
    func linkedPlace(name: String?, key: any CodingKey) -> JSONTextEncoder {
        let child = shared.tree.add(key: name, below: node)
        shared.tree.link(child, into: node)
        return place(at: child, key: key)
    }

    /// This place as a container. If it cannot be one, whatever is thrown next says so, since this cannot; meanwhile
    /// the container is one that belongs to nothing.
    @inline(never)
    func opened(_ container: JSONNode.Container) -> JSONTextEncoder {
        switch shared.tree.open(container, at: node) {
        case .opened: return self
        case .tooDeep: shared.tree.fail(tooDeepContext)
        case .taken: shared.tree.fail(takenContext)
        }
        let detached = shared.tree.addDetached(container, like: node)
        return JSONTextEncoder(shared, node: detached, parent: parent, key: key)
    }

    // MARK: Encoder

    var userInfo: [CodingUserInfoKey: Any] { [:] }

    var codingPath: [any CodingKey] {
        var path: [any CodingKey] = []
        var place = self
        while let parent = place.parent {
            if let key = place.key { path.append(key) }
            place = parent
        }
        return path.reversed()
    }

    func container<Key: CodingKey>(keyedBy type: Key.Type) -> KeyedEncodingContainer<Key> {
        KeyedEncodingContainer(JSONKeyedContainer(place: opened(.object)))
    }

    func unkeyedContainer() -> any UnkeyedEncodingContainer {
        JSONUnkeyedContainer(place: opened(.array))
    }

    func singleValueContainer() -> any SingleValueEncodingContainer { JSONSingleValueContainer(place: self) }
}

// MARK: - Encoding a value

extension JSONTextEncoder {
    /// Adds `value` to this place, which is a container.
    func add(_ value: some JSONScalar, name: String?) throws {
        try shared.tree.addScalar(value, key: name, to: node)
    }

    /// Adds `value` to this place, which is a container; `key` is for the coding path.
    func add<Value: Encodable>(_ value: Value, name: String?, key: @autoclosure () -> any CodingKey) throws {
        guard try !shared.tree.addIfScalar(value, key: name, to: node) else { return }
        let child = shared.tree.add(key: name, below: node)
        try place(at: child, key: key()).encodeWhole(value)
        shared.tree.link(child, into: node)
    }

    /// Encodes `value` at this place, which is empty. If it encodes nothing, that is an empty object, as with
    /// Foundation's encoder.
    func encodeWhole(_ value: some Encodable) throws {
        try call(value)
        if shared.tree.isEmpty(node) { try fillEmpty(for: value) }
    }

    @inline(never)
    private func fillEmpty(for value: some Encodable) throws {
        _ = opened(.object)
        try shared.tree.check(value)
    }

    /// Puts `value` at this place.
    func set(_ value: some JSONScalar) throws {
        try requireEmpty(for: value)
        shared.tree.setScalar(value, at: node)
    }

    /// Puts `json` at this place as it is.
    func set(_ json: JSONText) throws {
        try requireEmpty(for: json)
        guard shared.tree.hasRoom(for: json.nesting, at: node) else { throw tooDeep(json) }
        shared.tree.setText(json.text, at: node)
    }

    /// Lets `value` encode itself to this place.
    func call(_ value: some Encodable) throws {
        guard shared.tree.beginCall() else { throw tooDeep(value) }
        defer { shared.tree.endCall() }
        try value.encode(to: self)
        try shared.tree.check(value)
    }
}

// MARK: - What can go wrong

extension JSONTextEncoder {
    /// Throws if there is a value at this place already, or something went wrong before.
    func requireEmpty(for value: some Encodable) throws {
        try shared.tree.check(value)
        guard shared.tree.isEmpty(node) else { throw taken(value) }
    }

    @inline(never)
    private func taken(_ value: some Encodable) -> EncodingError { .invalidValue(value, takenContext) }

    private var takenContext: EncodingError.Context {
        context("Another value was encoded in its place already.")
    }

    private var tooDeepContext: EncodingError.Context {
        context("It nests deeper than \(Limits.jsonDepth) levels, or than the stack allows. Does it refer to itself?")
    }

    func context(_ description: String) -> EncodingError.Context {
        EncodingError.Context(codingPath: codingPath, debugDescription: description)
    }

    /// Out of line: what it needs on the stack would count at every level.
    @inline(never)
    func tooDeep(_ value: some Encodable) -> EncodingError { .invalidValue(value, tooDeepContext) }
}
