/// Prints changes within a JSON value for people: one line each.
struct ChangePrinter {
    /// Changes of one value that are printed unless all are wanted.
    private static let mostShown = 40
    /// Columns around a change in a text.
    private static let contextColumns = 24
    private static let indent = "    "

    let output: Output
    let showsAll: Bool

    /// - Parameter title: what the value is, where that is not said above.
    func print(_ changes: [JSONChange], of title: String? = nil) throws {
        let shown = showsAll ? changes.count : min(changes.count, Self.mostShown)
        for change in changes.prefix(shown) { try output.line(line(change, title).text(for: output.terminal)) }
        guard shown < changes.count else { return }
        let rest = "\(Self.indent)… and \(Plural.of(changes.count - shown, "change")) more; --all prints them"
        try output.line(output.terminal.styled(rest, .dim))
    }

    private func line(_ change: JSONChange, _ title: String?) -> StyledLine {
        var line = StyledLine()
        let place = [title, change.place].compactMap { $0?.isEmpty == false ? $0 : nil }.joined(separator: " ")
        let head = place.isEmpty ? "" : TerminalText.shown(place) + "  "
        switch change.kind {
        case .added(let value):
            line.append(Self.indent + "+ " + head, .green)
            line.append(shown(value))
        case .removed(let value):
            line.append(Self.indent + "- " + head, .red)
            line.append(shown(value))
        case .replaced(.string(let old), .string(let new)):
            line.append(Self.indent + "~ " + head, .yellow)
            append(old, new, to: &line)
            // Swift holds texts for equal that are composed of other characters, but look the same.
            if old == new { line.append("  looks the same, of other characters", .dim) }
        case .replaced(let old, let new):
            line.append(Self.indent + "~ " + head, .yellow)
            line.append(shown(old), .red)
            line.append(" → ")
            line.append(shown(new), .green)
        }
        return line
    }

    private func shown(_ value: JSONValue) -> String { TerminalText.shown(value.text) }

    /// Texts by their words, where they have some in common.
    private func append(_ old: String, _ new: String, to line: inout StyledLine) {
        let difference = WordDifference(old, new)
        let hasCommon = difference.parts.contains { if case .same(let text) = $0 { text.count > 1 } else { false } }
        guard hasCommon else {
            line.append(shown(.string(old)), .red)
            line.append(" → ")
            return line.append(shown(.string(new)), .green)
        }
        line.append("\"")
        let isWhole = output.terminal.width == nil
        for part in isWhole ? difference.parts : difference.shortened(to: Self.contextColumns) {
            // Without colour something else has to tell them apart.
            let hasColour = output.terminal.hasColour
            switch part {
            case .same(let text): line.append(TerminalText.shown(text))
            case .removed(let text): line.append(marked(text, "[-", "-]", hasColour), .red)
            case .added(let text): line.append(marked(text, "{+", "+}", hasColour), .green)
            }
        }
        line.append("\"")
    }

    private func marked(_ text: String, _ start: String, _ end: String, _ hasColour: Bool) -> String {
        let text = TerminalText.shown(text)
        return hasColour ? text : start + text + end
    }
}
