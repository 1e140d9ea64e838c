/// The members of an object.
struct JSONKeyedContainer<Key: CodingKey>: KeyedEncodingContainerProtocol {
    let place: JSONTextEncoder

    var codingPath: [any CodingKey] { place.codingPath }

    func encodeNil(forKey key: Key) throws { try place.add(JSONNull(), name: key.stringValue) }

    func encode(_ value: some JSONScalar, forKey key: Key) throws { try place.add(value, name: key.stringValue) }

    // These two have defaults, which throw, and which the compiler would rather take than what is generic.
    func encode(_ value: Int128, forKey key: Key) throws { try place.add(value, name: key.stringValue) }
    func encode(_ value: UInt128, forKey key: Key) throws { try place.add(value, name: key.stringValue) }

    func encode(_ value: some Encodable, forKey key: Key) throws {
        try place.add(value, name: key.stringValue, key: key)
    }

    func nestedContainer<NestedKey: CodingKey>(
        keyedBy keyType: NestedKey.Type, forKey key: Key
    ) -> KeyedEncodingContainer<NestedKey> {
        KeyedEncodingContainer(JSONKeyedContainer<NestedKey>(place: nestedPlace(.object, key)))
    }

    func nestedUnkeyedContainer(forKey key: Key) -> any UnkeyedEncodingContainer {
        JSONUnkeyedContainer(place: nestedPlace(.array, key))
    }

    private func nestedPlace(_ container: JSONNode.Container, _ key: Key) -> JSONTextEncoder {
        let name = key.stringValue
        let node = place.shared.tree.nestedNode(container, key: name, below: place.node)
        return place.place(at: node, key: key).opened(container)
    }

    func superEncoder() -> any Encoder { superEncoder(JSONPathKey.superclass) }

    func superEncoder(forKey key: Key) -> any Encoder { superEncoder(key) }

    private func superEncoder(_ key: some CodingKey) -> any Encoder {
        place.linkedPlace(name: key.stringValue, key: key)
    }
}

/// The elements of an array.
struct JSONUnkeyedContainer: UnkeyedEncodingContainer {
    let place: JSONTextEncoder

    var codingPath: [any CodingKey] { place.codingPath }

    var count: Int { place.shared.tree.nodes[place.node].childCount }

    private var nextKey: JSONPathKey { .element(count) }

    func encodeNil() throws { try place.add(JSONNull(), name: nil) }

    func encode(_ value: some JSONScalar) throws { try place.add(value, name: nil) }
    func encode(_ value: Int128) throws { try place.add(value, name: nil) }
    func encode(_ value: UInt128) throws { try place.add(value, name: nil) }

    func encode(_ value: some Encodable) throws { try place.add(value, name: nil, key: nextKey) }

    func nestedContainer<NestedKey: CodingKey>(
        keyedBy keyType: NestedKey.Type
    ) -> KeyedEncodingContainer<NestedKey> {
        KeyedEncodingContainer(JSONKeyedContainer(place: nextPlace().opened(.object)))
    }

    func nestedUnkeyedContainer() -> any UnkeyedEncodingContainer {
        JSONUnkeyedContainer(place: nextPlace().opened(.array))
    }

    func superEncoder() -> any Encoder { nextPlace() }

    private func nextPlace() -> JSONTextEncoder { place.linkedPlace(name: nil, key: nextKey) }
}

/// The one value at a place.
struct JSONSingleValueContainer: SingleValueEncodingContainer {
    let place: JSONTextEncoder

    var codingPath: [any CodingKey] { place.codingPath }

    func encodeNil() throws { try place.set(JSONNull()) }

    func encode(_ value: some JSONScalar) throws { try place.set(value) }
    func encode(_ value: Int128) throws { try place.set(value) }
    func encode(_ value: UInt128) throws { try place.set(value) }

    func encode(_ value: some Encodable) throws {
        try place.requireEmpty(for: value)
        do {
            try place.encodeWhole(value)
        } catch {
            place.shared.tree.clear(place.node)
            throw error
        }
    }
}

/// A key of a coding path where the value gave none.
enum JSONPathKey: CodingKey {
    case element(Int)
    case superclass

    init?(stringValue: String) {
        guard stringValue == "super" else { return nil }
        self = .superclass
    }

    init?(intValue: Int) { self = .element(intValue) }

    var stringValue: String {
        switch self {
        case .element(let index): "Index \(index)"
        case .superclass: "super"
        }
    }

    var intValue: Int? {
        if case .element(let index) = self { index } else { nil }
    }
}
