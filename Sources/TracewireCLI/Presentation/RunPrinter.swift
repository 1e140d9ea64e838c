internal import TracewireProtocol

/// Prints a run as a tree with a waterfall: one line a node and call, what they took, and where in time they stand.
struct RunPrinter {
    private static let widestName = 44
    private static let plainBarColumns = 40
    private static let narrowestBar = 10

    private let output: Output
    private let run: Run
    private let folds: Bool
    private let now: Int64

    /// - Parameter folds: whether many nodes or calls that are alike are one line.
    init(_ run: Run, output: Output, folds: Bool = false, now: Int64 = Moment.now()) {
        self.run = run
        self.output = output
        self.folds = folds
        self.now = now
    }

    /// Returns how many lines stand above the tree.
    @discardableResult func print() throws -> Int {
        let head = head()
        for line in head { try output.line(line) }
        let lines = RunLines(run, folds: folds).lines
        let columns = columns(lines)
        let bar = Bar(extent: run.extent, columns: barColumns(columns))
        try printScale(columns, bar)
        for line in lines { try print(line, columns, bar) }
        return head.count + 1
    }

    // MARK: Head

    private func head() -> [String] {
        let row = run.workflow
        let identity = "  \(row.integer("id").map { "#\($0)" } ?? "")  \(row.text("uuid") ?? "")"
        let name = TerminalText.shown(row.text("name") ?? "")
        let room = output.terminal.width.map { max(1, $0 - TerminalText.width(identity)) }
        var lines = [styled(room.map { TerminalText.cut(name, to: $0) } ?? name, .bold) + identity] + factLines()
        lines += [loss(), refusals()].compactMap { $0 }.map { styled($0, .yellow) }
        if let input = row.text("user_input"), !input.isEmpty {
            let shown = TerminalText.shown(input)
            lines.append(output.terminal.width.map { TerminalText.cut(shown, to: $0) } ?? shown)
        }
        return lines + [""]
    }

    /// The facts in as many lines as the terminal needs for them.
    private func factLines() -> [String] {
        let separator = "  ·  "
        let (first, style) = status(run.workflow)
        var lines = [styled(first, style)]
        var width = TerminalText.width(first)
        for fact in facts() {
            let added = TerminalText.width(separator) + TerminalText.width(fact)
            if let limit = output.terminal.width, width + added > limit {
                lines.append(fact)
                width = TerminalText.width(fact)
            } else {
                lines[lines.count - 1] += separator + fact
                width += added
            }
        }
        return lines
    }

    /// What is missing, where the program that recorded the run had no room for all of it.
    private func loss() -> String? {
        let records = Int(run.workflow.integer("shed_records") ?? 0)
        let payloads = Int(run.workflow.integer("shed_payloads") ?? 0)
        let parts = [
            (records, Plural.of(records, "record")), (payloads, "the values of " + Plural.of(payloads, "record")),
        ]
        let lost = parts.filter { $0.0 > 0 }.map(\.1)
        return lost.isEmpty ? nil : "! incomplete: its program had no room for " + lost.joined(separator: " and ")
    }

    /// What came of it and is not in the tree, because it breaks a rule or lacks what it belongs to.
    private func refusals() -> String? {
        let rejected = Int(run.workflow.integer("rejected_records") ?? 0)
        let parked = Int(run.workflow.integer("parked_records") ?? 0)
        let parts = [
            rejected > 0 ? "\(Plural.of(rejected, "record")) rejected" : nil,
            parked > 0 ? "\(Plural.of(parked, "record")) waiting for what they belong to" : nil,
        ].compactMap { $0 }
        return parts.isEmpty ? nil : "! incomplete: \(parts.joined(separator: ", ")); see 'tracewire rejected'"
    }

    private func facts() -> [String] {
        let row = run.workflow
        var facts: [String] = []
        if let user = row.text("username") { facts.append(TerminalText.shown(user)) }
        if let start = row.integer("created_at") { facts.append(Moment.local(start)) }
        facts.append(length())
        facts.append(Plural.of(run.nodes.count, "node"))
        let retries = run.nodes.count { $0.attempt > 1 }
        if retries > 0 { facts.append(retries == 1 ? "1 retry" : "\(retries) retries") }
        facts.append(Plural.of(run.generations.count, "call"))
        facts.append(Plural.of(Int(run.totalTokens), "token"))
        return facts
    }

    private func status(_ row: AnswerRow) -> (String, Style?) {
        guard let status = row.status() else { return (TerminalText.shown(row.text("status") ?? ""), nil) }
        let reason = row.text("end_reason") == "silent" ? " (nothing was heard of it any more)" : ""
        return ("\(status.glyph) \(status.name)\(reason)", status.style)
    }

    private func length() -> String {
        if run.workflow.status() == .running, let heard = run.workflow.integer("last_heard_at") {
            return "silent since \(Moment.local(heard)), for \(Moment.Span.shown(max(0, now - heard)))"
        }
        let extent = run.extent
        return "took " + Moment.Span.shown(extent.upperBound - extent.lowerBound)
    }

    // MARK: Lines

    private static let durationColumns = 11
    private static let fewestTokenColumns = 8

    private struct Columns {
        let name: Int
        let tokens: Int

        /// All but the bar.
        var sum: Int { name + RunPrinter.durationColumns + tokens + 6 }
    }

    /// Names are cut before the bars are too short to say anything.
    private func columns(_ lines: [RunLine]) -> Columns {
        let tokens = lines.reduce(Self.fewestTokenColumns) { max($0, $1.tokens.map { String($0).utf8.count } ?? 0) }
        let names = lines.reduce(4) { max($0, TerminalText.width($1.name)) }
        let room = output.terminal.width.map {
            min(Self.widestName, max(4, $0 - Self.narrowestBar - Columns(name: 0, tokens: tokens).sum))
        }
        return Columns(name: min(room ?? Self.widestName, names), tokens: tokens)
    }

    private func barColumns(_ columns: Columns) -> Int {
        guard let width = output.terminal.width else { return Self.plainBarColumns }
        return max(Self.narrowestBar, width - columns.sum)
    }

    private func printScale(_ columns: Columns, _ bar: Bar) throws {
        let length = Moment.Span.shown(bar.extent.upperBound - bar.extent.lowerBound)
        let head = fields("NODE", columns, "DURATION", "TOKENS")
        try output.line(styled(head + TerminalText.padded(length, to: bar.columns, isRight: true), .bold))
    }

    private func print(_ line: RunLine, _ columns: Columns, _ bar: Bar) throws {
        let name = TerminalText.cut(line.name, to: columns.name)
        let head = fields(
            name, columns, line.durationMs.map { Moment.Span.shown($0) } ?? "",
            line.tokens.map { String($0) } ?? "")
        let drawn = bar.drawn(line.start, line.end)
        try output.line(drawn.isEmpty ? trimmed(head) : head + (line.style.map { styled(drawn, $0) } ?? drawn))
        for remark in line.remarks {
            let width = output.terminal.width.map { $0 - TerminalText.width(line.remarkPrefix) }
            let text = width.map { TerminalText.cut(remark, to: max(1, $0)) } ?? remark
            try output.line(line.remarkPrefix + styled(text, .red))
        }
    }

    private func fields(_ name: String, _ columns: Columns, _ duration: String, _ tokens: String) -> String {
        TerminalText.padded(name, to: columns.name) + "  "
            + TerminalText.padded(duration, to: Self.durationColumns, isRight: true) + "  "
            + TerminalText.padded(tokens, to: columns.tokens, isRight: true) + "  "
    }

    private func trimmed(_ text: String) -> String {
        var text = text
        while text.hasSuffix(" ") { text.removeLast() }
        return text
    }

    private func styled(_ text: String, _ style: Style?) -> String {
        style.map { output.terminal.styled(text, $0) } ?? text
    }
}
