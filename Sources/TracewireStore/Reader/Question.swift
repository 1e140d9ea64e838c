internal import TracewireProtocol

/// A statement, and what its rows mean.
struct Question {
    let statement: QueryStatement
    private let selected: Columns
    /// What it means that there is no row; `nil` if that is an answer like any other.
    var emptyFault: QueryFault?
    /// Whether a second row means that the question was ambiguous.
    var isUnique = false
    /// What the answer has in place of the last column, a rollup.
    var rollup: [RollupColumn] = []

    /// - Parameter columns: those of `statement`, described.
    init(statement: QueryStatement, columns: Columns) {
        self.statement = statement
        selected = columns
    }

    var columns: Columns {
        guard !rollup.isEmpty else { return selected }
        return Columns(selected.columns.dropLast() + rollup.map { Column(name: $0.name, declaredType: "") })
    }

    /// About how many bytes the current row takes in a body of `ROWS`, no less than it does.
    var rowBytes: Int { statement.rowBytes + rollup.count * QueryStatement.numberBytes }

    /// Copies the current row.
    func copyRow(to writer: inout RowsWriter) {
        let plain = statement.columnCount - (rollup.isEmpty ? 0 : 1)
        for index in 0..<plain { statement.copyValue(index, to: &writer) }
        if !rollup.isEmpty { tell(statement.rollup(plain), to: &writer) }
        writer.endRow()
    }

    private func tell(_ cells: RollupCells, to writer: inout RowsWriter) {
        var reading = RollupReading(cells)
        for column in rollup {
            switch column.value(in: &reading) {
            case .integer(let value): writer.integer(value)
            case .real(let value): writer.real(value)
            case nil: writer.null()
            }
        }
    }
}
