/// Remembers the one workflow of which a part has been removed and the rest has not: it is hidden from whoever reads whole
/// runs, and what began to go goes, also where its end came or its process died in between.
///
/// Its number stands where SQLite remembers those of its own `AUTOINCREMENT`, as those of ``RowKeys`` do; nobody finds a
/// workflow by its `end_reason`.
final class GoingWorkflow {
    /// What `end_reason` says of it.
    static let reason = "pruned"
    private static let name = "workflow that is being pruned"

    private let selection: Statement
    private let insertion: Statement
    private let deletion: Statement
    private let marking: Statement

    init(_ connection: Connection) throws(StoreError) {
        selection = try Statement(
            connection,
            """
            SELECT w.id, w.uuid FROM main.sqlite_sequence s JOIN main.workflows w ON w.id = s.seq
            WHERE s.name = '\(Self.name)'
            """)
        insertion = try Statement(
            connection, "INSERT INTO main.sqlite_sequence (name, seq) VALUES ('\(Self.name)', ?)")
        deletion = try Statement(connection, "DELETE FROM main.sqlite_sequence WHERE name = '\(Self.name)'")
        marking = try Statement(
            connection, "UPDATE main.workflows SET end_reason = '\(Self.reason)' WHERE id = ?")
    }

    /// As SQL: whether nothing of a workflow has been removed.
    static func isWhole(_ workflow: String) -> String { "\(workflow).end_reason IS NOT '\(reason)'" }

    func find() throws(StoreError) -> Pruning.Chosen? {
        defer { selection.reset() }
        guard try selection.step() else { return nil }
        return Pruning.Chosen(id: selection.integer(0), identifier: selection.identifier(1))
    }

    /// A part of it has been removed. There is one at a time.
    func begin(_ id: Int64) throws(StoreError) {
        try deletion.run()
        for statement in [insertion, marking] {
            statement.bind(1, id)
            try statement.run()
        }
    }

    /// Nothing of it is left.
    func end() throws(StoreError) {
        try deletion.run()
    }
}
