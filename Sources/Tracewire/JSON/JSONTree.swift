internal import TracewireProtocol

/// What a value has encoded so far.
///
/// A value may write to several containers in turns, and to one that stands further up in the text than what was
/// written last. So nothing is put together before the end: keys and scalars are appended to ``bytes`` as they come,
/// and ``nodes`` say what belongs where. Those two buffers grow, however many containers there are.
struct JSONTree {
    static let root = 0
    /// Deepest nesting of calls of `encode(to:)`. Twice that of the text: what stands for one of several types, as an
    /// enum of all JSON does, hands over to a value of that type at the same place.
    private static let callDepth = 2 * Limits.jsonDepth
    /// From this many calls on, the stack is looked at. A call takes about 1 KiB of it, in a debug build 2 to 4, so
    /// that a small stack may end before the other limits. Values that are no deeper do not pay for that.
    private static let unwatchedCalls = 48

    /// Keys and scalars, in the order in which they were encoded.
    private(set) var bytes: [UInt8] = []
    var nodes: [JSONNode] = [JSONNode(key: 0..<0, depth: 0)]
    /// What went wrong where nothing could be thrown. From then on, whatever can throw throws the first of it.
    private var failures: [EncodingError.Context] = []
    /// How many values are encoding themselves, each called by the one before.
    private var callsInProgress = 0
    private var stack: StackRoom?
    private var nested: [NestedKey: Int] = [:]

    private struct NestedKey: Hashable {
        let parent: Int
        let key: String
        let container: JSONNode.Container
    }

    /// Room for a usual state's first part, so that the buffers need not grow from nothing.
    init() {
        bytes.reserveCapacity(2048)
        nodes.reserveCapacity(64)
    }

    // MARK: Children

    /// A new value below `parent`. It counts only when it is linked: one whose encoding fails leaves no trace.
    mutating func add(key: String?, below parent: Int) -> Int {
        let start = bytes.count
        if let key {
            bytes.appendQuoted(key)
            bytes.append(UInt8(ascii: ":"))
        }
        nodes.append(JSONNode(key: start..<bytes.count, depth: nodes[parent].depth + 1))
        return nodes.count - 1
    }

    /// Makes `child` the last in `parent`, unless that is no longer a container of its kind: what filled it has failed.
    mutating func link(_ child: Int, into parent: Int) {
        switch nodes[parent].content {
        case .object(let children) where nodes[child].hasKey:
            nodes[parent].content = .object(appending(child, to: children))
        case .array(let children) where !nodes[child].hasKey:
            nodes[parent].content = .array(appending(child, to: children))
        case .nothing, .text, .object, .array: break
        }
    }

    private mutating func appending(_ child: Int, to children: JSONNode.Children) -> JSONNode.Children {
        var children = children
        if children.count == 0 { children.first = child } else { nodes[children.last].next = child }
        children.last = child
        children.count += 1
        return children
    }

    mutating func addScalar(_ value: some JSONScalar, key: String?, to parent: Int) throws {
        try check(value)
        let child = add(key: key, below: parent)
        setScalar(value, at: child)
        link(child, into: parent)
    }

    /// The container in `parent` for `key`. Whoever asks again gets the same one, as with Foundation's encoder: a
    /// class and its superclass may both write to it.
    mutating func nestedNode(_ container: JSONNode.Container, key: String, below parent: Int) -> Int {
        let nestedKey = NestedKey(parent: parent, key: key, container: container)
        if let node = nested[nestedKey] { return node }
        let node = add(key: key, below: parent)
        link(node, into: parent)
        nested[nestedKey] = node
        return node
    }

    // MARK: Content

    func isEmpty(_ node: Int) -> Bool {
        if case .nothing = nodes[node].content { true } else { false }
    }

    /// Whether `levels` more of arrays and objects may stand at `node`.
    func hasRoom(for levels: Int, at node: Int) -> Bool { nodes[node].depth + levels <= Limits.jsonDepth }

    mutating func setScalar(_ value: some JSONScalar, at node: Int) {
        let start = bytes.count
        value.appendJSON(to: &bytes)
        nodes[node].content = .text(start..<bytes.count)
    }

    mutating func setText(_ json: String, at node: Int) {
        let start = bytes.count
        bytes.append(contentsOf: json.utf8)
        nodes[node].content = .text(start..<bytes.count)
    }

    enum Opening {
        case opened
        case tooDeep
        case taken
    }

    /// Makes `node` a container, unless it is one already.
    mutating func open(_ container: JSONNode.Container, at node: Int) -> Opening {
        switch (nodes[node].content, container) {
        case (.object, .object), (.array, .array): return .opened
        case (.nothing, _):
            guard hasRoom(for: 1, at: node) else { return .tooDeep }
            nodes[node].content = container.empty
            return .opened
        case (.text, _), (.object, _), (.array, _): return .taken
        }
    }

    /// A container that belongs to nothing: what is written to it is lost.
    mutating func addDetached(_ container: JSONNode.Container, like node: Int) -> Int {
        nodes.append(JSONNode(key: 0..<0, depth: nodes[node].depth, content: container.empty))
        return nodes.count - 1
    }

    /// Forgets what `node` holds, since the value that was to be there has failed.
    mutating func clear(_ node: Int) {
        nodes[node].content = .nothing
        nested = nested.filter { $0.key.parent != node }
    }

    // MARK: Calls and failures

    /// Whether one more value may encode itself within the others.
    @inline(never)
    mutating func beginCall() -> Bool {
        guard callsInProgress < Self.callDepth else { return false }
        if callsInProgress >= Self.unwatchedCalls {
            if callsInProgress == Self.unwatchedCalls { stack = StackRoom() }
            if let stack, stack.isShort { return false }
        }
        callsInProgress += 1
        return true
    }

    mutating func endCall() { callsInProgress -= 1 }

    mutating func fail(_ context: EncodingError.Context) { failures.append(context) }

    /// Throws what went wrong before, if anything did.
    func check(_ value: some Encodable) throws {
        if !failures.isEmpty { throw firstFailure(value) }
    }

    /// Out of line, as is whatever else may be on the way down to a nested value: its stack would count at every level.
    @inline(never)
    private func firstFailure(_ value: some Encodable) -> EncodingError { .invalidValue(value, failures[0]) }
}
