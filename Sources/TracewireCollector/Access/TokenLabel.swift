/// What a token may be called: something that is shown as one line, and as what it is.
enum TokenLabel {
    /// In bytes.
    static let longest = 200
    /// For people.
    static let form =
        "one line of at most \(longest) bytes, without control characters, that begins with a character of its own"

    static func isFit(_ label: String) -> Bool {
        let scalars = label.unicodeScalars
        guard label.utf8.count <= longest, scalars.allSatisfy({ !breaksLines($0) }) else { return false }
        guard let first = scalars.first else { return true }
        return !joinsWhatIsBefore(first)
    }

    private static func breaksLines(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .control, .lineSeparator, .paragraphSeparator: true
        default: false
        }
    }

    /// Whether it would be shown as a part of whatever stands in front of the label.
    private static func joinsWhatIsBefore(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .nonspacingMark, .spacingMark, .enclosingMark, .format: true
        default: false
        }
    }
}
