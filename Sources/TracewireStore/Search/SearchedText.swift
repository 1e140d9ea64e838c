/// The text that is searched for, as bytes.
///
/// UTF-8 lets bytes be compared for characters: a text is found at the beginning of a character only.
struct SearchedText: Sendable {
    /// Small letters, if case does not matter.
    private let bytes: [UInt8]
    /// Whether A to Z are the same as a to z. No other letters are.
    let ignoresCase: Bool

    init(_ text: String, ignoresCase: Bool) {
        bytes = ignoresCase ? text.utf8.map(\.withoutCase) : Array(text.utf8)
        self.ignoresCase = ignoresCase
    }

    var count: Int { bytes.count }

    /// Where the text lies in a value.
    struct Match {
        /// Of the first occurrence, in bytes from the value's start.
        let offset: Int
        /// How often it is there; occurrences do not lie over each other.
        let occurrences: Int
    }

    /// Looks in one value; `nil` if the text is not there.
    func match(in value: UnsafeRawBufferPointer) -> Match? {
        guard value.count >= bytes.count else { return nil }
        return withComparable(value) { value in
            bytes.withUnsafeBytes { wanted in
                guard let offset = value[...].firstOffset(of: wanted) else { return nil }
                let rest = UnsafeRawBufferPointer(rebasing: value[offset...])
                return Match(offset: offset, occurrences: rest.occurrences(of: wanted))
            }
        }
    }

    /// Calls `body` with the bytes as they are to be compared.
    func withComparable<Result>(_ value: UnsafeRawBufferPointer, _ body: (UnsafeRawBufferPointer) -> Result) -> Result {
        guard ignoresCase else { return body(value) }
        let folded = [UInt8](unsafeUninitializedCapacity: value.count) { target, count in
            for index in 0..<value.count { target[index] = value[index].withoutCase }
            count = value.count
        }
        return folded.withUnsafeBytes(body)
    }

    func withBytes<Result>(_ body: (UnsafeRawBufferPointer) -> Result) -> Result {
        bytes.withUnsafeBytes(body)
    }
}

extension UInt8 {
    /// A small letter for a capital one, among ASCII's.
    fileprivate var withoutCase: UInt8 { self &- UInt8(ascii: "A") < 26 ? self | 0x20 : self }
}
