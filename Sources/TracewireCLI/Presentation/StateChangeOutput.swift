internal import TracewireProtocol

/// Writes what the nodes of a run changed in its state, as it is found.
protocol StateChangeOutput {
    mutating func begin(_ run: AnswerRow) throws
    mutating func node(_ row: AnswerRow, _ change: StateDifference.Change) throws
    mutating func end() throws
}

/// For people: a line for each node, and its changes below it.
struct StateChangeText: StateChangeOutput {
    private let printer: ChangePrinter
    private var output: Output { printer.output }

    init(_ printer: ChangePrinter) {
        self.printer = printer
    }

    func begin(_ run: AnswerRow) throws {
        try output.line(RunTitle.line(run).text(for: output.terminal))
    }

    func node(_ row: AnswerRow, _ change: StateDifference.Change) throws {
        var line = NodeTitle.line(row)
        switch change {
        case .none: line.append("  no state recorded", .dim)
        case .unreadable: line.append("  its state is no JSON", .red)
        case .changed(let changes) where changes.isEmpty: line.append("  nothing changed", .dim)
        case .changed(let changes): line.append("  " + Plural.of(changes.count, "change"), .dim)
        }
        try output.line(line.text(for: output.terminal))
        if case .changed(let changes) = change { try printer.print(changes) }
    }

    func end() throws {}
}

/// For programs: a row for each change.
struct StateChangeRows: StateChangeOutput {
    private static let columns = AnswerColumns(
        [
            Column(name: "node_id", declaredType: "INTEGER"), Column(name: "execution_order", declaredType: "INTEGER"),
            Column(name: "node_name", declaredType: "TEXT"), Column(name: "node_type", declaredType: "TEXT"),
            Column(name: "status", declaredType: "TEXT"),
        ] + ChangeColumns.columns)

    private var rows: any RowOutput

    init(_ rows: any RowOutput) {
        self.rows = rows
    }

    mutating func begin(_ run: AnswerRow) throws {
        try rows.begin(Self.columns)
    }

    mutating func node(_ row: AnswerRow, _ change: StateDifference.Change) throws {
        guard case .changed(let changes) = change else { return }
        for change in changes {
            try rows.row(
                [row["id"], row["execution_order"], row["node_name"], row["node_type"], row["status"]]
                    + ChangeColumns.values(of: change))
        }
    }

    mutating func end() throws {
        try rows.end()
    }
}

/// A change as columns: the members of an operation in a JSON Patch, and what was there before.
enum ChangeColumns {
    static let columns = [
        Column(name: "op", declaredType: "TEXT"), Column(name: "path", declaredType: "TEXT"),
        Column(name: "value", declaredType: "JSON"), Column(name: "old", declaredType: "JSON"),
    ]

    static func values(of change: JSONChange) -> [Value] {
        let (old, new): (JSONValue?, JSONValue?) =
            switch change.kind {
            case .added(let value): (nil, value)
            case .removed(let value): (value, nil)
            case .replaced(let value, let next): (value, next)
            }
        return [
            .text(change.operation), .text(change.pointer), new.map { .text($0.text) } ?? .null,
            old.map { .text($0.text) } ?? .null,
        ]
    }
}

/// How a run is named above what is printed of it.
enum RunTitle {
    static func line(_ run: AnswerRow) -> StyledLine {
        var line = StyledLine()
        line.append(TerminalText.shown(run.text("name") ?? ""), .bold)
        line.append("  \(run.integer("id").map { "#\($0)" } ?? "")  \(run.text("uuid") ?? "")")
        return line
    }
}

/// How a node is named where its line says no more of it.
enum NodeTitle {
    static func line(_ row: AnswerRow) -> StyledLine {
        var line = StyledLine()
        let status = row.status()
        line.append((status?.glyph ?? "?") + " ", status?.style)
        let order = row.integer("execution_order").map { "\($0) " } ?? ""
        let type = row.text("node_type").map { " (\($0))" } ?? ""
        line.append(order + TerminalText.shown((row.text("node_name") ?? "") + type), .bold)
        return line
    }
}
