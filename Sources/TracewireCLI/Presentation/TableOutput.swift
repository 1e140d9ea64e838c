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
    private var widths: [Int]?
    private var isRight: [Bool] = []
    /// The titles of the columns that the terminal has no room for.
    private var leftOut: [String] = []

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
        if let widths { return try write(cells, widths) }
        held.append(cells)
        heldBytes += cells.reduce(0) { $0 + $1.text.utf8.count }
        if held.count == Self.measuredRows || heldBytes >= Self.measuredBytes { try writeHeld() }
    }

    mutating func end() throws {
        let isEmpty = widths == nil && held.isEmpty
        if isEmpty, let sentence = view.emptySentence { return try output.line(sentence) }
        if widths == nil { try writeHeld() }
        if isEmpty { try output.line("no rows") }
        guard !leftOut.isEmpty else { return }
        let names = leftOut.map { TerminalText.shown($0) }.joined(separator: ", ")
        try output.line(output.terminal.styled("not shown: \(names); --wide shows every column", .dim))
    }

    private mutating func writeHeld() throws {
        isRight = items.indices.map { column in
            held.contains { $0[column].isNumber } && held.allSatisfy { $0[column].isNumber || $0[column].style == .dim }
        }
        let whole = measured()
        let fit = ColumnFit(whole, narrowest: narrowest(whole), limit: output.terminal.width, gap: Self.gap)
        leftOut = items[fit.widths.count...].map(\.title)
        widths = fit.widths
        try write(items.map { Cell(TerminalText.shown($0.title), style: .bold) }, fit.widths)
        for cells in held { try write(cells, fit.widths) }
        held = []
    }

    /// What each column has to keep. Numbers and times, which would say something else if they were cut, keep all.
    private func narrowest(_ widths: [Int]) -> [Int] {
        items.indices.map { column in
            let isWhole =
                held.contains { $0[column].isWhole }
                && held.allSatisfy { $0[column].isWhole || $0[column].style == .dim }
            return isWhole ? widths[column] : min(widths[column], items[column].narrowest)
        }
    }

    private func measured() -> [Int] {
        items.indices.map { column in
            held.reduce(TerminalText.width(items[column].title)) { max($0, TerminalText.width($1[column].text)) }
        }
    }

    private func write(_ cells: [Cell], _ widths: [Int]) throws {
        var line = ""
        let cells = cells.prefix(widths.count)
        // An empty cell at the end leaves no spaces behind.
        let last = cells.lastIndex { !$0.text.isEmpty } ?? 0
        for (column, cell) in cells.enumerated() where column <= last {
            let isLast = column == last
            let text = output.terminal.width == nil ? cell.text : TerminalText.cut(cell.text, to: widths[column])
            let placed =
                isLast && !isRight[column]
                ? text : TerminalText.padded(text, to: widths[column], isRight: isRight[column])
            line += cell.style.map { output.terminal.styled(placed, $0) } ?? placed
            if !isLast { line += String(repeating: " ", count: Self.gap) }
        }
        try output.line(line)
    }
}
