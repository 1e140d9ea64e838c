internal import TracewireProtocol

extension JSONText {
    /// Encodes `value`: compact, its keys in the order in which it encodes them.
    ///
    /// Numbers that JSON does not have, NaN and the infinities, become `null`. A `JSONText` inside `value` is put in
    /// as it is. Where `value` encodes a key twice, the last one counts.
    ///
    /// - Throws: `EncodingError` if `value` encodes nothing, or two values in one place, or nests deeper than
    ///   ``Limits/jsonDepth`` or than the thread's stack allows, as what refers to itself does; otherwise what its own
    ///   `encode(to:)` throws.
    public init(encoding value: some Encodable) throws {
        let place = JSONTextEncoder()
        try place.call(value)
        guard !place.shared.tree.isEmpty(place.node) else {
            throw EncodingError.invalidValue(value, place.context("It did not encode anything."))
        }
        guard let text = place.shared.tree.text() else { throw place.tooDeep(value) }
        self.init(known: text)
    }
}

extension JSONText: Encodable {
    /// Inside of what ``init(encoding:)`` encodes, the text is put in as it is. Any other encoder gets the text as a
    /// string: it could not take JSON otherwise.
    public func encode(to encoder: any Encoder) throws {
        if let place = encoder as? JSONTextEncoder {
            try place.set(self)
        } else {
            var container = encoder.singleValueContainer()
            try container.encode(text)
        }
    }

    /// How deep its arrays and objects are nested: 0 for a scalar.
    var nesting: Int {
        var depth = 0
        var deepest = 0
        var isInString = false
        var isEscaped = false
        for byte in text.utf8 {
            switch byte {
            case _ where isEscaped: isEscaped = false
            case UInt8(ascii: "\\"): isEscaped = true
            case UInt8(ascii: "\""): isInString.toggle()
            case _ where isInString: break
            case UInt8(ascii: "["), UInt8(ascii: "{"):
                depth += 1
                deepest = max(deepest, depth)
            case UInt8(ascii: "]"), UInt8(ascii: "}"): depth -= 1
            default: break
            }
        }
        return deepest
    }
}

extension JSONText {
    /// `value` as JSON, or where it cannot be encoded, a JSON string that says why: recording does not throw.
    ///
    /// As with ``init(encoding:)``. The sentence names the type and the place, never the value.
    public static func encoding(_ value: some Encodable) -> JSONText {
        do {
            return try JSONText(encoding: value)
        } catch let EncodingError.invalidValue(_, context) {
            let place = context.codingPath.map(\.stringValue).joined(separator: ".")
            return .string(
                "[tracewire: \(type(of: value)) cannot be encoded at '\(place)': \(context.debugDescription)]")
        } catch {
            return .string("[tracewire: \(type(of: value)) cannot be encoded: \(type(of: error))]")
        }
    }
}
