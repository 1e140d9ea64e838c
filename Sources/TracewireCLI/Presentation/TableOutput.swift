internal import TracewireProtocol

/// Writes rows as aligned columns. The first rows are held back to find how wide the columns are; after
/// ``measuredRows``, or ``measuredBytes`` of text, they are written as they come.
///
/// On a terminal, columns are narrowed until a row fits in a line; elsewhere nothing is cut.
struct TableOutput: RowOutput {
    private static let measuredRows = 500
    private static let measuredBytes = 1 << 20
    private static let gap = 2
    private static let narrowest = 6

    private let output: Output
    private let view: TableView
    private var columns = AnswerColumns([])
    private var items: [TableView.Item] = []
    private var held: [[Cell]] = []
    private var heldBytes = 0
    private var widths: [Int]?
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
        if let widths { return try write(cells, widths) }
        held.append(cells)
        heldBytes += cells.reduce(0) { $0 + $1.text.utf8.count }
        if held.count == Self.measuredRows || heldBytes >= Self.measuredBytes { try writeHeld() }
    }

    mutating func end() throws {
        if widths == nil { try writeHeld() }
    }

    private mutating func writeHeld() throws {
        let widths = fitted(measured())
        self.widths = widths
        isRight = items.indices.map { column in
            held.contains { $0[column].isNumber } && held.allSatisfy { $0[column].isNumber || $0[column].style == .dim }
        }
        try write(items.map { Cell(TerminalText.shown($0.title), style: .bold) }, widths)
        for cells in held { try write(cells, widths) }
        held = []
    }

    private func measured() -> [Int] {
        items.indices.map { column in
            held.reduce(TerminalText.width(items[column].title)) { max($0, TerminalText.width($1[column].text)) }
        }
    }

    /// `widths`, the widest taken back column by column until a row fits the terminal.
    private func fitted(_ widths: [Int]) -> [Int] {
        guard let limit = output.terminal.width else { return widths }
        var widths = widths
        while widths.reduce(0, +) + Self.gap * (widths.count - 1) > limit,
            let widest = widths.indices.max(by: { widths[$0] < widths[$1] }), widths[widest] > Self.narrowest
        {
            widths[widest] -= 1
        }
        return widths
    }

    private func write(_ cells: [Cell], _ widths: [Int]) throws {
        var line = ""
        // An empty cell at the end leaves no spaces behind.
        let last = cells.lastIndex { !$0.text.isEmpty } ?? 0
        for (column, cell) in cells.enumerated() where column <= last {
            let isLast = column == last
            let text = output.terminal.isTerminal ? TerminalText.cut(cell.text, to: widths[column]) : cell.text
            let placed =
                isLast && !isRight[column]
                ? text : TerminalText.padded(text, to: widths[column], isRight: isRight[column])
            line += cell.style.map { output.terminal.styled(placed, $0) } ?? placed
            if !isLast { line += String(repeating: " ", count: Self.gap) }
        }
        try output.line(line)
    }
}
