internal import TracewireProtocol

/// Writes where two runs part, as it is found.
protocol RunDifferenceOutput {
    mutating func begin(_ first: AnswerRow, _ second: AnswerRow, _ differences: [FieldDifference]) throws
    mutating func node(_ node: RunComparison.Node) throws
    mutating func end() throws
}

/// For people: the first node that both runs have and that differs with all its changes, of the others what differs. What
/// only one run has is a difference too, and may be the first.
struct RunDifferenceText: RunDifferenceOutput {
    private let printer: ChangePrinter
    private var runs: (first: String, second: String) = ("", "")
    private var same = 0
    private var hasDifference = false
    private var hasDetails = false
    private var output: Output { printer.output }

    init(_ printer: ChangePrinter) {
        self.printer = printer
    }

    mutating func begin(_ first: AnswerRow, _ second: AnswerRow, _ differences: [FieldDifference]) throws {
        runs = (Self.name(first), Self.name(second))
        for run in [first, second] { try output.line(RunTitle.line(run).text(for: output.terminal)) }
        try output.line()
        guard !differences.isEmpty else { return }
        try output.line(output.terminal.styled("the runs", .bold))
        try print(differences)
    }

    private static func name(_ run: AnswerRow) -> String { "#\(run.integer("id") ?? 0)" }

    mutating func node(_ node: RunComparison.Node) throws {
        guard let first = node.first, let second = node.second else { return try single(node) }
        guard !node.differences.isEmpty else {
            same += 1
            return
        }
        var line = NodeTitle.line(first)
        if first.status() != second.status() {
            line.append(" \(second.status()?.glyph ?? "?")", second.status()?.style)
        }
        if hasDetails {
            line.append("  differs in \(node.differences.map(\.field).joined(separator: ", "))", .dim)
        } else {
            line.append(hasDifference ? "  the first in both that differs" : "  the first that differs", .dim)
        }
        try output.line(line.text(for: output.terminal))
        if !hasDetails || printer.showsAll { try print(node.differences) }
        (hasDifference, hasDetails) = (true, true)
    }

    private mutating func single(_ node: RunComparison.Node) throws {
        guard let row = node.first ?? node.second else { return }
        var line = NodeTitle.line(row)
        line.append("  only in \(node.second == nil ? runs.first : runs.second)", .yellow)
        if !hasDifference { line.append(", the first that differs", .dim) }
        hasDifference = true
        try output.line(line.text(for: output.terminal))
    }

    private func print(_ differences: [FieldDifference]) throws {
        for difference in differences { try printer.print(difference.changes, of: difference.field) }
    }

    mutating func end() throws {
        let rest = Plural.of(same, "node") + (same == 1 ? " is" : " are") + " the same in both"
        try output.line(output.terminal.styled(rest, .dim))
    }
}

/// For programs: a row for each change.
struct RunDifferenceRows: RunDifferenceOutput {
    private static let columns = AnswerColumns(
        [
            Column(name: "node_id", declaredType: "INTEGER"), Column(name: "other_node_id", declaredType: "INTEGER"),
            Column(name: "execution_order", declaredType: "INTEGER"), Column(name: "node_name", declaredType: "TEXT"),
            Column(name: "field", declaredType: "TEXT"),
        ] + ChangeColumns.columns)

    private var rows: any RowOutput

    init(_ rows: any RowOutput) {
        self.rows = rows
    }

    mutating func begin(_ first: AnswerRow, _ second: AnswerRow, _ differences: [FieldDifference]) throws {
        try rows.begin(Self.columns)
        try write([.null, .null, .null, .null], differences)
    }

    mutating func node(_ node: RunComparison.Node) throws {
        let row = node.first ?? node.second
        let head = [
            node.first?["id"] ?? .null, node.second?["id"] ?? .null, row?["execution_order"] ?? .null,
            row?["node_name"] ?? .null,
        ]
        guard node.first != nil, node.second != nil else {
            let operation: Value = .text(node.first == nil ? "add" : "remove")
            return try rows.row(head + [.text("node"), operation, .text(""), .null, .null])
        }
        try write(head, node.differences)
    }

    private mutating func write(_ head: [Value], _ differences: [FieldDifference]) throws {
        for difference in differences {
            for change in difference.changes {
                try rows.row(head + [.text(difference.field)] + ChangeColumns.values(of: change))
            }
        }
    }

    mutating func end() throws {
        try rows.end()
    }
}
