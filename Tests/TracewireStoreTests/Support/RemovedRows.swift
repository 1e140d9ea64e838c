@testable import TracewireStore

extension StoreWriter {
    /// Takes a workflow, its nodes and its generations out of the rollups. For whoever deletes these rows: it is called
    /// before, in the same transaction.
    func removeFromRollups(workflow: Int64) throws(StoreError) {
        let counted = CountedRows(connection)
        for table in PayloadColumn.Table.allCases {
            try counted.note(
                WorkflowSlice(table: table, workflow: workflow, limit: .max), in: applier.rollups, times: -1)
        }
    }
}
