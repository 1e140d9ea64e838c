/// A line of a table or tree whose parts stand out in different ways.
struct StyledLine {
    private var parts: [(text: String, style: Style?)] = []

    /// - Parameter text: shown as it is: without control characters.
    mutating func append(_ text: String, _ style: Style? = nil) {
        parts.append((text, style))
    }

    /// The line, cut where the terminal ends.
    func text(for terminal: Terminal) -> String {
        guard let width = terminal.width, parts.reduce(0, { $0 + TerminalText.width($1.text) }) > width else {
            return parts.reduce("") { $0 + Self.styled($1.text, $1.style, terminal) }
        }
        // The last column says that there is more, whichever part that lies in.
        var room = width - 1
        var line = ""
        var last: Style?
        for part in parts {
            last = part.style
            let text = TerminalText.prefix(part.text, to: room)
            room -= TerminalText.width(text)
            line += Self.styled(text, part.style, terminal)
            if text.utf8.count < part.text.utf8.count { break }
        }
        return line + Self.styled("…", last, terminal)
    }

    private static func styled(_ text: String, _ style: Style?, _ terminal: Terminal) -> String {
        guard !text.isEmpty, let style else { return text }
        return terminal.styled(text, style)
    }
}
