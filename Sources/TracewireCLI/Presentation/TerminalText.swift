/// Text as it may be shown to a person: how wide it is, and without anything that a terminal would obey.
enum TerminalText {
    /// `text` with control characters as their pictures (␛), line feeds as `↵` unless lines are kept, and characters
    /// that turn the direction of what follows as `�`.
    static func shown(_ text: String, keepingLines: Bool = false) -> String {
        guard text.unicodeScalars.contains(where: { picture($0) != nil }) else { return text }
        var shown = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            if keepingLines, scalar == "\n" || scalar == "\t" {
                shown.append(scalar)
            } else {
                shown.append(picture(scalar) ?? scalar)
            }
        }
        return String(shown)
    }

    private static func picture(_ scalar: Unicode.Scalar) -> Unicode.Scalar? {
        switch scalar.value {
        case 0x0a: "↵"
        case 0..<0x20: Unicode.Scalar(0x2400 + scalar.value)
        case 0x7f: "␡"
        case 0x80..<0xa0, 0x200e...0x200f, 0x2028...0x202e, 0x2066...0x2069: "�"
        default: nil
        }
    }

    /// Columns that `text` takes on a terminal: Korean, Chinese, Japanese and emoji take two each.
    static func width(_ text: String) -> Int {
        var text = text
        let isASCII = text.withUTF8 { $0.allSatisfy { 0x20..<0x7f ~= $0 } }
        return isASCII ? text.utf8.count : text.reduce(0) { $0 + width($1) }
    }

    /// As many columns as the widest of its scalars, and one more for each sound mark of its own width (ﾞ, ﾟ), which terminals
    /// do not put above what it belongs to.
    static func width(_ character: Character) -> Int {
        var widest = 0
        var marks = 0
        for (place, scalar) in character.unicodeScalars.enumerated() {
            if place > 0, 0xff9e...0xff9f ~= scalar.value { marks += 1 } else { widest = max(widest, width(scalar)) }
        }
        return widest + marks
    }

    private static func width(_ scalar: Unicode.Scalar) -> Int {
        switch scalar.value {
        case 0..<0x20, 0x7f..<0xa0: return 0
        case 0x20..<0x300: return 1
        case 0xfe0f: return 2
        default: break
        }
        switch scalar.properties.generalCategory {
        case .nonspacingMark, .enclosingMark, .format: return 0
        default: return isWide(scalar) ? 2 : 1
        }
    }

    /// Unicode's East_Asian_Width W and F, in blocks, and what is shown as a picture.
    private static func isWide(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x1100..<0x1160, 0x2329..<0x232b, 0x2e80..<0x303f, 0x3041..<0xa4d0, 0xa960..<0xa980,
            0xac00..<0xd7a4, 0xf900..<0xfb00, 0xfe10..<0xfe1a, 0xfe30..<0xfe70, 0xff01..<0xff61, 0xffe0..<0xffe7,
            0x16fe0..<0x16fe5, 0x16ff0..<0x16ff2, 0x17000..<0x18d09, 0x1aff0..<0x1b300, 0x1f1e6..<0x1f203,
            0x1f210..<0x1f23c,
            0x1f240..<0x1f249, 0x1f250..<0x1f252, 0x1f260..<0x1f266, 0x20000..<0x3fffe:
            true
        default: scalar.properties.isEmojiPresentation
        }
    }

    /// The start of `text` that fits in `limit` columns, ended by `…` where something was left out.
    static func cut(_ text: String, to limit: Int) -> String {
        guard width(text) > limit else { return text }
        return limit > 0 ? prefix(text, to: limit - 1) + "…" : ""
    }

    /// The start of `text` that fits in `limit` columns.
    static func prefix(_ text: String, to limit: Int) -> String {
        var kept = ""
        var used = 0
        for character in text {
            used += width(character)
            guard used <= limit else { break }
            kept.append(character)
        }
        return kept
    }

    /// The end of `text` that fits in `limit` columns, begun by `…` where something was left out.
    static func cutStart(_ text: String, to limit: Int) -> String {
        guard width(text) > limit else { return text }
        var kept: [Character] = []
        var used = 0
        for character in text.reversed() {
            let next = width(character)
            guard used + next < limit else { break }
            kept.append(character)
            used += next
        }
        return limit > 0 ? "…" + String(kept.reversed()) : ""
    }

    /// `text` in lines of at most `limit` columns, broken between words; a word that is longer has a line to itself. One
    /// line without a limit.
    static func wrapped(_ text: String, to limit: Int?) -> [String] {
        guard let limit, width(text) > limit else { return [text] }
        var lines: [String] = []
        for word in text.split(separator: " ") {
            if let line = lines.last, width(line) + 1 + width(String(word)) <= limit {
                lines[lines.count - 1] = "\(line) \(word)"
            } else {
                lines.append(String(word))
            }
        }
        return lines
    }

    /// `text` filled up with spaces to `width` columns.
    static func padded(_ text: String, to width: Int, isRight: Bool = false) -> String {
        let space = String(repeating: " ", count: max(0, width - Self.width(text)))
        return isRight ? space + text : text + space
    }
}
