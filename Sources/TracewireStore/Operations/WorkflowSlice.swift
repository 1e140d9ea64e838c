/// The first rows that a workflow has in a table, in the order of an index; of workflows its own: what is removed of it at a time.
///
/// Every statement that names a slice sees the same rows of it, as long as none of them is deleted.
struct WorkflowSlice {
    let table: PayloadColumn.Table
    let workflow: Int64
    /// Most rows.
    let limit: Int

    /// The keys of a slice's rows, as SQL; its parameters are the workflow and the limit.
    static func keys(_ table: PayloadColumn.Table) -> String {
        "SELECT id FROM \(table.rawValue) WHERE \(table.workflowKey) = ?1 ORDER BY \(table.order) LIMIT ?2"
    }

    func bind(to statement: Statement) {
        statement.bind(1, workflow)
        statement.bind(2, Int64(limit))
    }
}
