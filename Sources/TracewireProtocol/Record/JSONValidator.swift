/// Checks that bytes are one JSON value (RFC 8259), without building it.
///
/// The bytes must be UTF-8 already. Lone surrogates in escapes are allowed: JSON's grammar allows them, and the value is
/// kept as the text that was sent.
public struct JSONValidator: ~Escapable {
    private enum Container {
        case array
        case object
    }

    private let bytes: Span<UInt8>
    private var position = 0
    private var open: [Container] = []

    /// Whether `bytes` are one JSON value, with white space around it at most, nested no deeper than ``Limits/jsonDepth``.
    public static func isValid(_ bytes: Span<UInt8>) -> Bool {
        var validator = JSONValidator(bytes)
        return validator.value() && validator.atEnd()
    }

    /// The end of the JSON value that starts at `start`, or `nil` if there is none.
    public static func endOfValue(_ bytes: Span<UInt8>, from start: Int) -> Int? {
        var validator = JSONValidator(bytes)
        validator.position = start
        return validator.value() ? validator.position : nil
    }

    @_lifetime(copy bytes)
    private init(_ bytes: Span<UInt8>) {
        self.bytes = bytes
    }

    /// One value, with its nested ones: a loop, so that depth costs no stack.
    @_lifetime(self: copy self)
    private mutating func value() -> Bool {
        repeat {
            skipSpace()
            guard position < bytes.count else { return false }
            switch bytes[position] {
            case UInt8(ascii: "{"):
                position += 1
                skipSpace()
                if peek() == UInt8(ascii: "}") {
                    guard hasRoom else { return false }
                    position += 1
                } else {
                    guard enter(.object), key() else { return false }
                    continue
                }
            case UInt8(ascii: "["):
                position += 1
                skipSpace()
                if peek() == UInt8(ascii: "]") {
                    guard hasRoom else { return false }
                    position += 1
                } else {
                    guard enter(.array) else { return false }
                    continue
                }
            case UInt8(ascii: "\""):
                guard string() else { return false }
            case UInt8(ascii: "t"):
                guard literal("true") else { return false }
            case UInt8(ascii: "f"):
                guard literal("false") else { return false }
            case UInt8(ascii: "n"):
                guard literal("null") else { return false }
            default:
                guard number() else { return false }
            }
            guard let more = closeContainers() else { return false }
            if !more { return true }
        } while true
    }

    /// After a value: closes what ends here. `true` if another value follows, `false` if the outermost is complete.
    @_lifetime(self: copy self)
    private mutating func closeContainers() -> Bool? {
        while let container = open.last {
            skipSpace()
            guard let byte = peek() else { return nil }
            position += 1
            switch (container, byte) {
            case (.array, UInt8(ascii: ",")): return true
            case (.object, UInt8(ascii: ",")):
                skipSpace()
                return key() ? true : nil
            case (.array, UInt8(ascii: "]")), (.object, UInt8(ascii: "}")): open.removeLast()
            default: return nil
            }
        }
        return false
    }

    /// Whether one more container may stand here: an empty one is a level too.
    private var hasRoom: Bool { open.count < Limits.jsonDepth }

    @_lifetime(self: copy self)
    private mutating func enter(_ container: Container) -> Bool {
        guard hasRoom else { return false }
        open.append(container)
        return true
    }

    @_lifetime(self: copy self)
    private mutating func key() -> Bool {
        guard peek() == UInt8(ascii: "\""), string() else { return false }
        skipSpace()
        guard peek() == UInt8(ascii: ":") else { return false }
        position += 1
        return true
    }

    @_lifetime(self: copy self)
    private mutating func string() -> Bool {
        position += 1
        while true {
            skipPlainText()
            guard position < bytes.count else { return false }
            let byte = bytes[position]
            position += 1
            switch byte {
            case UInt8(ascii: "\""): return true
            case UInt8(ascii: "\\"): guard escape() else { return false }
            case 0..<0x20: return false
            default: break
            }
        }
    }

    /// Passes over bytes of a string that mean themselves, eight at a time: most of what is validated are long strings.
    @_lifetime(self: copy self)
    private mutating func skipPlainText() {
        let raw = unsafe bytes.bytes
        while bytes.count - position >= 8 {
            let word = unsafe UInt64(littleEndian: raw.unsafeLoadUnaligned(fromByteOffset: position, as: UInt64.self))
            let special = JSONEscaping.specialBytes(word)
            guard special == 0 else {
                position += special.trailingZeroBitCount / 8
                return
            }
            position += 8
        }
    }

    @_lifetime(self: copy self)
    private mutating func escape() -> Bool {
        guard let byte = peek() else { return false }
        position += 1
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"), UInt8(ascii: "b"), UInt8(ascii: "f"),
            UInt8(ascii: "n"), UInt8(ascii: "r"), UInt8(ascii: "t"):
            return true
        case UInt8(ascii: "u"):
            guard bytes.count - position >= 4 else { return false }
            for _ in 0..<4 {
                guard Self.isHexDigit(bytes[position]) else { return false }
                position += 1
            }
            return true
        default: return false
        }
    }

    @_lifetime(self: copy self)
    private mutating func number() -> Bool {
        if peek() == UInt8(ascii: "-") { position += 1 }
        if peek() == UInt8(ascii: "0") {
            position += 1
        } else {
            guard digits() else { return false }
        }
        if peek() == UInt8(ascii: ".") {
            position += 1
            guard digits() else { return false }
        }
        if peek() == UInt8(ascii: "e") || peek() == UInt8(ascii: "E") {
            position += 1
            if peek() == UInt8(ascii: "+") || peek() == UInt8(ascii: "-") { position += 1 }
            guard digits() else { return false }
        }
        return true
    }

    @_lifetime(self: copy self)
    private mutating func digits() -> Bool {
        let start = position
        while let byte = peek(), byte >= 48, byte <= 57 { position += 1 }
        return position > start
    }

    @_lifetime(self: copy self)
    private mutating func literal(_ text: StaticString) -> Bool {
        guard bytes.count - position >= text.utf8CodeUnitCount else { return false }
        for index in 0..<text.utf8CodeUnitCount {
            guard unsafe bytes[position + index] == text.utf8Start[index] else { return false }
        }
        position += text.utf8CodeUnitCount
        return true
    }

    @_lifetime(self: copy self)
    private mutating func skipSpace() {
        while let byte = peek(), byte == 0x20 || byte == 0x0a || byte == 0x0d || byte == 0x09 { position += 1 }
    }

    @_lifetime(self: copy self)
    private mutating func atEnd() -> Bool {
        skipSpace()
        return position == bytes.count
    }

    private func peek() -> UInt8? {
        position < bytes.count ? bytes[position] : nil
    }

    private static func isHexDigit(_ byte: UInt8) -> Bool {
        switch byte {
        case 48...57, 65...70, 97...102: true
        default: false
        }
    }
}
