internal import TracewireProtocol

/// An event as a line for people: when, in which run, and what happened.
struct TailLine {
    let row: AnswerRow
    let terminal: Terminal

    var text: String {
        let time = row.integer("at").map { Moment.localTimeOfDay($0) } ?? "            "
        let run = row.integer("workflow_id").map { "#\($0)" } ?? ""
        let place = "  \(TerminalText.padded(run, to: 7))  "
        let head = terminal.styled(time, .dim) + place
        let what = self.what
        let room = terminal.width.map { max(1, $0 - TerminalText.width(time + place)) }
        let cut = room.map { TerminalText.cut(what, to: $0) } ?? what
        return head + (style.map { terminal.styled(cut, $0) } ?? cut)
    }

    private var what: String {
        let parts: [String?] =
            switch row.text("subject") {
            case "user": ["+ user", name("user")]
            case "workflow": [glyph, name("workflow_name"), row.text("status"), startedBy]
            case "node": ["  " + glyph, name("node_name"), row.text("status")]
            case "generation":
                ["    " + (row.text("message") == nil ? "◆" : "✗"), name("model_name") ?? "call", tokens]
            case "rejected": [row.text("message") == nil ? "! rejected, and discarded since" : "! rejected"]
            default: [row.text("subject")]
            }
        let duration = row.integer("duration_ms").map { Moment.Span.shown($0) }
        return (parts + [duration, message]).compactMap { $0 }.joined(separator: "  ")
    }

    private var status: Status? { row.status() }

    private var glyph: String { status?.glyph ?? "?" }

    private var style: Style? {
        switch row.text("subject") {
        case "workflow", "node": status?.style
        case "generation": row.text("message") == nil ? nil : .red
        case "rejected": .red
        default: .dim
        }
    }

    private var startedBy: String? { status == .running ? name("user") : nil }

    private var tokens: String? { row.integer("total_tokens").map { Plural.of(Int($0), "token") } }

    private var message: String? {
        let line = row.text("message")?.split(separator: "\n").first
        return line.map { TerminalText.shown(String($0)) }
    }

    private func name(_ column: String) -> String? { row.text(column).map { TerminalText.shown($0) } }
}
