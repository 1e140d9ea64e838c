/// A line of a table or tree whose parts stand out in different ways.
struct StyledLine {
    private var parts: [(text: String, style: Style?)] = []

    /// - Parameter text: shown as it is: without control characters.
    mutating func append(_ text: String, _ style: Style? = nil) {
        parts.append((text, style))
    }

    /// The line, cut where the terminal ends.
    func text(for terminal: Terminal) -> String {
        var room = terminal.width ?? .max
        var line = ""
        for part in parts where room > 0 {
            let text = TerminalText.cut(part.text, to: room)
            room -= TerminalText.width(text)
            line += part.style.map { terminal.styled(text, $0) } ?? text
            if text != part.text { break }
        }
        return line
    }
}
