internal import TracewireProtocol

/// A line of the tree: a node, a call, or many of these that are alike.
struct RunLine {
    let name: String
    var durationMs: Int64?
    var tokens: Int64?
    var start: Int64?
    var end: Int64?
    var style: Style?
    /// Stand below the line, further in.
    var remarks: [String] = []
    /// What stands before the remarks: the tree goes on to their left.
    var remarkPrefix = ""
}

/// The lines of a run's tree.
struct RunLines {
    private(set) var lines: [RunLine] = []

    /// - Parameter folds: whether many nodes or calls that are alike are one line.
    init(_ run: Run, folds: Bool) {
        let nodes = RunFold.folds(run.nodes, isOn: folds) { $0.likeness }
        let own = RunFold.folds(run.ownGenerations, isOn: folds) { $0.callLikeness }
        for (place, fold) in nodes.enumerated() {
            append(fold, isLast: own.isEmpty && place == nodes.count - 1, folds: folds)
        }
        append(own, stem: "")
    }

    private mutating func append(_ fold: RunFold<Run.Node>, isLast: Bool, folds: Bool) {
        switch fold {
        case .one(let node):
            lines.append(Self.line(node, isLast: isLast, folds: folds))
            append(
                RunFold.folds(node.generations, isOn: folds) { $0.callLikeness }, stem: isLast ? "   " : "│  ")
        case .many(let nodes):
            let name = Self.title(nodes[nodes.startIndex].row)
            let calls = nodes.flatMap(\.generations)
            lines.append(
                Self.line(
                    of: nodes.map { ($0.row.integer("started_at"), $0.row.integer("completed_at")) },
                    name: (isLast ? "└─ " : "├─ ") + "⋯ \(nodes.count) more: \(name)",
                    tokens: calls.isEmpty ? nil : Run.tokens(calls)))
        }
    }

    private mutating func append(_ calls: [RunFold<AnswerRow>], stem: String) {
        for (place, fold) in calls.enumerated() {
            let isLast = place == calls.count - 1
            switch fold {
            case .one(let call): lines.append(Self.line(call, stem: stem, isLast: isLast))
            case .many(let calls):
                let model = TerminalText.shown(calls[calls.startIndex].text("model_name") ?? "")
                lines.append(
                    Self.line(
                        of: calls.map { call in
                            let end = call.integer("created_at")
                            return (end.map { $0 - (call.integer("latency_ms") ?? 0) }, end)
                        }, name: stem + (isLast ? "└─ " : "├─ ") + "⋯ \(calls.count) more: \(model)",
                        tokens: Run.tokens(calls)))
            }
        }
    }

    private static func line(of times: [(start: Int64?, end: Int64?)], name: String, tokens: Int64?) -> RunLine {
        RunLine(
            name: name, tokens: tokens, start: times.compactMap(\.start).min(), end: times.compactMap(\.end).max(),
            style: .dim)
    }

    private static func title(_ row: AnswerRow) -> String {
        let type = row.text("node_type").map { " (\($0))" } ?? ""
        return TerminalText.shown((row.text("node_name") ?? "") + type)
    }

    private static func line(_ node: Run.Node, isLast: Bool, folds: Bool) -> RunLine {
        let row = node.row
        let status = row.status()
        return RunLine(
            name: (isLast ? "└─ " : "├─ ") + (status?.glyph ?? "?") + " " + title(row)
                + (node.attempt > 1 ? " ↻\(node.attempt)" : ""),
            durationMs: row.integer("duration_ms"),
            // Where that is more than one line says already.
            tokens: node.generations.count > 1 ? Run.tokens(node.generations) : nil,
            start: row.integer("started_at"), end: row.integer("completed_at"), style: status?.style,
            remarks: remarks(row.text("error_message")) + traceback(row.text("error_traceback"), folds: folds),
            remarkPrefix: (isLast ? "   " : "│  ") + (node.generations.isEmpty ? "   " : "│  "))
    }

    private static func line(_ generation: AnswerRow, stem: String, isLast: Bool) -> RunLine {
        let error = generation.text("error_message")
        let prefix = stem + (isLast ? "└─ " : "├─ ") + (error == nil ? "◆ " : "✗ ")
        let end = generation.integer("created_at")
        let latency = generation.integer("latency_ms")
        return RunLine(
            name: prefix + TerminalText.shown(generation.text("model_name") ?? ""), durationMs: latency,
            tokens: generation.integer("total_tokens"), start: end.map { $0 - (latency ?? 0) }, end: end,
            style: error == nil ? nil : .red, remarks: remarks(error),
            remarkPrefix: stem + (isLast ? "   " : "│  "))
    }

    private static func remarks(_ text: String?) -> [String] {
        guard let text else { return [] }
        var lines = text.split(separator: "\n", omittingEmptySubsequences: false).map { TerminalText.shown(String($0)) }
        // What ends with a line feed has no empty line behind it.
        while lines.last?.isEmpty == true { lines.removeLast() }
        return lines
    }

    /// The last lines of it say where it was, in the languages that print the innermost call last.
    private static func traceback(_ text: String?, folds: Bool) -> [String] {
        let lines = remarks(text)
        let folded = lines.count - tracebackLines
        // One line more takes no more room than to say that it is there.
        guard folds, folded > 1 else { return lines }
        return ["⋯ \(folded) lines; --all shows them"] + lines.suffix(tracebackLines)
    }

    private static let tracebackLines = 4
}

/// One element of a tree, or many that are alike and stand one behind the other.
enum RunFold<Element> {
    case one(Element)
    case many(ArraySlice<Element>)

    /// From so many on they are folded; the first and the last are shown all the same.
    private static var mostAlike: Int { 8 }

    /// - Parameter likeness: what two elements have in common that are alike; `nil` for one that is like no other.
    static func folds(_ elements: [Element], isOn: Bool, likeness: (Element) -> ExactText?) -> [RunFold] {
        guard isOn, elements.count >= mostAlike else { return elements.map { .one($0) } }
        let kinds = elements.map(likeness)
        var folds: [RunFold] = []
        var start = 0
        while start < elements.count {
            let end = kinds[start...].firstIndex { $0 == nil || $0 != kinds[start] } ?? elements.count
            if end - start >= mostAlike {
                folds += [.one(elements[start]), .many(elements[start + 1..<end - 1]), .one(elements[end - 1])]
            } else {
                folds += elements[start..<max(end, start + 1)].map { .one($0) }
            }
            start = max(end, start + 1)
        }
        return folds
    }
}

extension Run.Node {
    /// Nodes of one name that ended well are alike.
    fileprivate var likeness: ExactText? {
        guard let status = row.status(), status == .completed || status == .skipped || status == .pending,
            generations.allSatisfy({ $0.text("error_message") == nil })
        else { return nil }
        return ExactText("\(status.name) \(row.text("node_type") ?? "") \(row.text("node_name") ?? "")")
    }
}

extension AnswerRow {
    fileprivate var callLikeness: ExactText? {
        text("error_message") == nil ? text("model_name").map { ExactText($0) } : nil
    }
}
