internal import TracewireProtocol

/// Writes the hits of a search for people: a line that says where, and below it what stands there, the hit marked.
struct HitOutput: RowOutput {
    private static let indent = "    "
    /// Columns of a terminal that a name gets.
    private static let nameColumns = 30

    private let output: Output
    private let textBytes: Int
    private var columns = AnswerColumns([])
    private var isEmpty = true

    /// - Parameter textBytes: how long the text is that was searched for.
    init(_ output: Output, textBytes: Int) {
        self.output = output
        self.textBytes = textBytes
    }

    mutating func begin(_ columns: AnswerColumns) throws {
        self.columns = columns
    }

    mutating func row(_ values: [Value]) throws {
        isEmpty = false
        let row = AnswerRow(columns, values)
        let place = place(row)
        let fitting = output.terminal.width.map { TerminalText.cut(place, to: $0) } ?? place
        try output.line(output.terminal.styled(fitting, .bold))
        let excerpt = HitExcerpt(row, textBytes: textBytes)
        let parts = excerpt.parts(width: output.terminal.width.map { $0 - Self.indent.utf8.count })
        try output.line(Self.indent + parts.before + output.terminal.styled(parts.hit, .red) + parts.after)
    }

    mutating func end() throws {
        if isEmpty { try output.line("nothing found") }
    }

    private func place(_ row: AnswerRow) -> String {
        var parts = ["#\(row.integer("workflow_id") ?? 0)"]
        if let owner = owner(row) { parts.append(owner) }
        parts.append("\(name(row, "column_name")) at \(row.integer("offset") ?? 0)")
        let occurrences = row.integer("occurrences") ?? 1
        if occurrences > 1 { parts.append("\(occurrences) times") }
        parts.append(name(row, "status"))
        if let time = row.integer("created_at") { parts.append(Moment.local(time)) }
        parts.append(name(row, "workflow_name"))
        return parts.joined(separator: " · ")
    }

    /// The node or call whose value it is; `nil` if it is the workflow's own.
    private func owner(_ row: AnswerRow) -> String? {
        let id = row.integer("row_id") ?? 0
        switch row.text("table_name") {
        case "nodes": return "node \(name(row, "row_name")) #\(id)"
        case "generations": return "call of \(name(row, "row_name")) #\(id)"
        default: return nil
        }
    }

    private func name(_ row: AnswerRow, _ column: String) -> String {
        let name = TerminalText.shown(row.text(column) ?? "")
        return output.terminal.isTerminal ? TerminalText.cut(name, to: Self.nameColumns) : name
    }
}

/// What stands around a hit, in one line.
struct HitExcerpt {
    private let before: String
    private let hit: String
    private let after: String

    init(_ row: AnswerRow, textBytes: Int) {
        let excerpt = Array((row.text("excerpt") ?? "").utf8)
        let start = Self.number(row, "excerpt_offset", atMost: excerpt.count)
        let end = min(start + textBytes, excerpt.count)
        let skipped = Self.number(row, "offset") - start
        let rest = Self.number(row, "value_bytes") - skipped - excerpt.count
        before = (skipped > 0 ? "…" : "") + Self.shown(excerpt[..<start])
        hit = Self.shown(excerpt[start..<end])
        after = Self.shown(excerpt[end...]) + (rest > 0 ? "…" : "")
    }

    /// A number that counts bytes of a value, whatever the collector says.
    private static func number(_ row: AnswerRow, _ column: String, atMost limit: Int = Limits.valueBytes) -> Int {
        Int(min(max(0, row.integer(column) ?? 0), Int64(limit)))
    }

    private static func shown(_ bytes: ArraySlice<UInt8>) -> String {
        TerminalText.shown(String(decoding: bytes, as: UTF8.self))
    }

    /// As much as there is room for in `width` columns; the hit first, and the same on both sides of it.
    func parts(width: Int?) -> (before: String, hit: String, after: String) {
        guard let width else { return (before, hit, after) }
        let room = width - TerminalText.width(hit)
        guard room > 0 else { return ("", TerminalText.cut(hit, to: max(0, width)), "") }
        let wanted = (before: TerminalText.width(before), after: TerminalText.width(after))
        let behind = min(wanted.after, max(room / 2, room - wanted.before))
        return (
            TerminalText.cutStart(before, to: min(wanted.before, room - behind)), hit,
            TerminalText.cut(after, to: behind)
        )
    }
}
