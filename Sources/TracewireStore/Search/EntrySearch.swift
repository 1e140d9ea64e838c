internal import TracewireProtocol

/// Tells of what was found in a segment whose it is, if it still counts: a row has to refer to it, and its workflow has
/// to be among those that are asked for.
final class EntrySearch {
    private let connection: Connection
    private let call: ProcedureCall
    private let request: SearchRequest
    private let output: SearchOutput
    /// Prepared when an entry of the column is found first.
    private var statements: [PayloadColumn: Statement] = [:]

    init(_ connection: Connection, _ call: ProcedureCall, _ request: SearchRequest, _ output: SearchOutput) {
        self.connection = connection
        self.call = call
        self.request = request
        self.output = output
    }

    /// Gives out a match in the segment that starts at `start`.
    func emit(
        _ found: SearchedText.EntryMatch, of segment: [UInt8], from start: Int64
    ) throws(QueryFault) {
        guard let column = PayloadColumn(rawValue: found.entry.column) else { return }
        let reference = ValueReference(
            position: start + Int64(found.entry.value.lowerBound), length: found.entry.value.count)
        for column in Self.columns(of: column) {
            let statement = try statement(column)
            defer { statement.reset() }
            statement.bind(1, found.entry.row)
            guard try call.step(statement), statement.isBlob(0), ValueReference(statement.bytes(0)) == reference
            else { continue }
            let place = FoundPlace(
                table: column.table, row: found.entry.row,
                rowName: column.table == .workflows ? nil : statement.text(1), column: column.name)
            let workflow = FoundWorkflow(statement, from: 2)
            return try segment.withUnsafeBufferPointer { (segment) throws(QueryFault) in
                let value = UnsafeBufferPointer(rebasing: segment[found.entry.value])
                try output.emit(workflow, place, found.match, in: UnsafeRawBufferPointer(value))
            }
        }
    }

    /// The columns that may refer to an entry of this one.
    private static func columns(of column: PayloadColumn) -> [PayloadColumn] {
        column == .userIntent ? [.userIntent, .startedIntent] : [column]
    }

    private func statement(_ column: PayloadColumn) throws(QueryFault) -> Statement {
        if let statement = statements[column] { return statement }
        let table = column.table
        let statement = try call.perform { () throws(StoreError) in
            try Statement(
                connection,
                """
                SELECT t.\(column.name), t.\(table.nameColumn), w.id, w.name, w.status, w.created_at
                FROM \(table.rawValue) t JOIN workflows w ON w.id = t.\(table.workflowKey)
                WHERE t.id = ?1 AND \(request.conditions)
                """)
        }
        request.bind(to: statement)
        statements[column] = statement
        return statement
    }
}
