internal import TracewireProtocol

/// Looks through the values that stay in rows, one workflow after the other, from the newest on: those that are too
/// small for a segment, and names.
final class RowSearch {
    private let call: ProcedureCall
    private let text: SearchedText
    private let output: SearchOutput
    private let workflows: Statement
    private let tables: [(table: PayloadColumn.Table, columns: [String], rows: Statement)]
    /// The one that is next; `nil` when all have been looked through.
    private var next: FoundWorkflow?

    init(
        _ connection: Connection, _ call: ProcedureCall, _ request: SearchRequest, _ output: SearchOutput
    ) throws(QueryFault) {
        self.call = call
        text = request.text
        self.output = output
        (workflows, tables) = try call.perform { () throws(StoreError) in
            let workflows = try Statement(
                connection,
                """
                SELECT w.id, w.name, w.status, w.created_at FROM workflows w WHERE \(request.conditions)
                ORDER BY w.created_at DESC, w.id DESC
                """)
            request.bind(to: workflows)
            var tables: [(table: PayloadColumn.Table, columns: [String], rows: Statement)] = []
            for table in PayloadColumn.Table.allCases {
                let columns = [table.nameColumn] + PayloadColumn.columns(of: table).map(\.name)
                tables.append((table, columns, try Statement(connection, Self.sql(table, columns))))
            }
            return (workflows, tables)
        }
        try advance()
    }

    private static func sql(_ table: PayloadColumn.Table, _ columns: [String]) -> String {
        let list = columns.joined(separator: ", ")
        return
            "SELECT id, \(list) FROM \(table.rawValue) WHERE \(table.workflowKey) = ? ORDER BY \(table.order)"
    }

    /// When the next workflow began; `nil` when there is none.
    var nextAtMs: Int64? { next?.createdAtMs }

    /// Looks through the rows of the next workflow.
    func searchNext() throws(QueryFault) {
        guard let workflow = next else { return }
        for (table, columns, rows) in tables {
            rows.bind(1, workflow.id)
            defer { rows.reset() }
            while !output.isFull, try call.step(rows) {
                try call.checkpoint()
                try search(rows, table, columns, of: workflow)
            }
        }
        try advance()
    }

    private func search(
        _ row: Statement, _ table: PayloadColumn.Table, _ columns: [String], of workflow: FoundWorkflow
    ) throws(QueryFault) {
        for (index, column) in columns.enumerated() where !output.isFull {
            let index = Int32(index + 1)
            // A reference is a BLOB: what it stands for is found in its segment.
            guard !row.isBlob(index) else { continue }
            let value = row.bytes(index)
            guard let match = text.match(in: value) else { continue }
            let place = FoundPlace(
                table: table, row: row.integer(0), rowName: table == .workflows ? nil : row.text(1), column: column)
            try output.emit(workflow, place, match, in: value)
        }
    }

    private func advance() throws(QueryFault) {
        next = try call.step(workflows) ? FoundWorkflow(workflows, from: 0) : nil
    }
}

extension PayloadColumn.Table {
    /// What its rows are called by.
    var nameColumn: String {
        switch self {
        case .workflows: "name"
        case .nodes: "node_name"
        case .generations: "model_name"
        }
    }

    /// The column that names the workflow which a row belongs to.
    var workflowKey: String {
        self == .workflows ? "id" : "workflow_id"
    }

    /// The order in which an index has the rows of one workflow.
    var order: String {
        switch self {
        case .workflows: "id"
        case .nodes: "execution_order, id"
        case .generations: "created_at, id"
        }
    }
}
