/// A text that is the same as another one only if its bytes are: names are compared so everywhere, while equal strings may
/// be composed of other characters.
struct ExactText: Hashable {
    let text: String

    init(_ text: some StringProtocol) {
        self.text = String(text)
    }

    static func == (one: Self, other: Self) -> Bool {
        one.text.utf8.count == other.text.utf8.count && one.text.utf8.elementsEqual(other.text.utf8)
    }

    func hash(into hasher: inout Hasher) {
        var text = text
        text.withUTF8 { hasher.combine(bytes: UnsafeRawBufferPointer($0)) }
        hasher.combine(Self.end)
    }

    /// No text holds it, so that of two texts one behind the other it is clear where the first one ends.
    private static let end: UInt8 = 0xff
}
