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

    /// About how many bytes the current row takes in a body of `ROWS`, no less than it does if its texts are UTF-8.
    var rowBytes: Int { statement.rowBytes + rollup.count * QueryStatement.numberBytes }

    /// Copies the current row, whole or not at all.
    ///
    /// - Parameter limit: most bytes that a row may take in memory beside what SQLite has of it, which may be one value
    ///   many times.
    func copyRow(to writer: inout RowsWriter, _ watch: Watch, atMost limit: Int) throws(QueryFault) {
        let bytes = rowBytes
        guard bytes <= limit else { throw .largeRow(limit) }
        if bytes > StoreReader.bodyBytes { writer.reserve(bytes) }
        do throws(QueryFault) {
            let plain = statement.columnCount - (rollup.isEmpty ? 0 : 1)
            var looked = writer.count
            for index in 0..<plain {
                try statement.copyValue(index, to: &writer, atMost: limit)
                guard writer.count - looked >= Self.bytesBetweenLooks else { continue }
                looked = writer.count
                if let fault = watch.fault { throw fault }
            }
            if !rollup.isEmpty { tell(statement.rollup(plain), to: &writer) }
        } catch {
            writer.dropRow()
            throw error
        }
        writer.endRow()
    }

    /// Bytes of a row that are copied between two questions whether the query must end. They take less than a millisecond.
    private static let bytesBetweenLooks = 1 << 20

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
