internal import TracewireProtocol

/// Writes rows as aligned columns. The first rows are held back to find how wide the columns are; after
/// ``measuredRows``, or ``measuredBytes`` of text, they are written as they come.
///
/// On a terminal, what does not fit in a line is narrowed or left out as ``ColumnFit`` says, and what was left out is
/// named below; elsewhere nothing is cut.
struct TableOutput: RowOutput {
    private static let measuredRows = 500
    private static let measuredBytes = 1 << 20
    private static let gap = 2

    private let output: Output
    private let view: TableView
    private var columns = AnswerColumns([])
    private var items: [TableView.Item] = []
    private var held: [[Cell]] = []
    private var heldBytes = 0
    /// The columns that are shown, once it is known.
    private var fit: ColumnFit?
    private var isRight: [Bool] = []

    init(_ output: Output, view: TableView) {
        self.output = output
        self.view = view
    }

    mutating func begin(_ columns: AnswerColumns) throws {
        self.columns = columns
        items = view.items(for: columns)
    }

    mutating func row(_ values: [Value]) throws {
        let row = AnswerRow(columns, values)
        let cells = items.map { $0.cell(row) }
        if let fit { return try write(cells, fit) }
        held.append(cells)
        heldBytes += cells.reduce(0) { $0 + $1.text.utf8.count }
        if held.count == Self.measuredRows || heldBytes >= Self.measuredBytes { try writeHeld() }
    }

    mutating func end() throws {
        let isEmpty = fit == nil && held.isEmpty
        if isEmpty, let sentence = view.emptySentence { return try output.line(sentence) }
        if fit == nil { try writeHeld() }
        if isEmpty { try output.line("no rows") }
        try writeLeftOut()
    }

    /// Names the columns that the terminal has no room for.
    private func writeLeftOut() throws {
        guard let fit, fit.shown.count < items.count else { return }
        let names = items.indices.filter { !fit.shown.contains($0) }.map { TerminalText.shown(items[$0].title) }
        let sentence = "not shown: \(names.joined(separator: ", ")); --wide shows every column"
        for line in TerminalText.wrapped(sentence, to: output.terminal.width) {
            try output.line(output.terminal.styled(line, .dim))
        }
    }

    private mutating func writeHeld() throws {
        isRight = items.indices.map { column in
            held.contains { $0[column].isNumber } && held.allSatisfy { $0[column].isNumber || $0[column].style == .dim }
        }
        let fit = ColumnFit(items.indices.map(measured), limit: output.terminal.width, gap: Self.gap)
        self.fit = fit
        try write(items.map { Cell(TerminalText.shown($0.title), style: .bold) }, fit)
        for cells in held { try write(cells, fit) }
        held = []
    }

    /// Numbers and times, which would say something else if they were cut, keep all.
    private func measured(_ column: Int) -> ColumnFit.Column {
        let width = held.reduce(TerminalText.width(items[column].title)) {
            max($0, TerminalText.width($1[column].text))
        }
        let isWhole =
            held.contains { $0[column].isWhole } && held.allSatisfy { $0[column].isWhole || $0[column].style == .dim }
        return ColumnFit.Column(
            width: width, narrowest: isWhole ? width : min(width, items[column].narrowest), rank: items[column].rank)
    }

    private func write(_ cells: [Cell], _ fit: ColumnFit) throws {
        var line = ""
        // An empty cell at the end leaves no spaces behind.
        let last = fit.shown.last { !cells[$0].text.isEmpty } ?? fit.shown[0]
        for (column, width) in zip(fit.shown, fit.widths) where column <= last {
            let cell = cells[column]
            let isLast = column == last
            let text = output.terminal.width == nil ? cell.text : TerminalText.cut(cell.text, to: width)
            let placed =
                isLast && !isRight[column]
                ? text : TerminalText.padded(text, to: width, isRight: isRight[column])
            line += cell.style.map { output.terminal.styled(placed, $0) } ?? placed
            if !isLast { line += String(repeating: " ", count: Self.gap) }
        }
        try output.line(line)
    }
}
