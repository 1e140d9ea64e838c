internal import TracewireProtocol

/// Which workflows go, the oldest first.
enum PrunedWorkflows {
    /// Those that began before then, in milliseconds since 1970, but for running ones that were heard of since.
    case began(before: Int64)
    /// Those that had ended before then. Running ones stay, however old they are.
    case ended(before: Int64)
}

/// Removes whole workflows, a few at a time: their rows, what they contributed, and at the end their values.
///
/// They differ in size by five orders of magnitude. One that is larger than a step goes in several, its own row last; in between it
/// is a ``GoingWorkflow``, with which the next step goes on, whatever that was to remove.
final class Pruning {
    /// A step that has removed so many rows takes no further workflow, and removes no more than that of one.
    private static let rowsPerStep = 4_096
    /// Stale segments that a step writes anew: some milliseconds each.
    private static let segmentsPerStep = 4

    private let connection: Connection
    private let segments: SegmentRemoval
    private let rollups: Rollups
    private let counted: CountedRows
    private let going: GoingWorkflow
    private let begun: Statement
    private let ended: Statement
    private let identifiers: Statement
    /// Of a slice.
    private let values: [PayloadColumn.Table: Statement]
    private let deletions: [PayloadColumn.Table: Statement]
    private let shedDeletion: Statement

    /// A workflow that is to go.
    struct Chosen {
        let id: Int64
        let identifier: Identifier
    }

    /// What a step removed.
    struct Removed {
        var workflows: [Identifier] = []
        var nodes: [Identifier] = []
        /// Where their values were.
        fileprivate var positions: Set<Int64> = []
        /// Of all tables.
        fileprivate(set) var rows = 0
        /// Whether a part of a workflow is left.
        fileprivate(set) var isBroken = false
        /// Whether another step may remove more.
        var hasMore = false
    }

    init(_ connection: Connection, _ rows: SegmentRows, _ rollups: Rollups) throws(StoreError) {
        (self.connection, self.rollups) = (connection, rollups)
        segments = try SegmentRemoval(connection, rows)
        counted = CountedRows(connection)
        going = try GoingWorkflow(connection)
        // A running workflow of which something was heard since is not over yet, however long ago it began. What was heard
        // may be later than the column says.
        begun = try Statement(
            connection,
            """
            SELECT id, uuid FROM workflows WHERE created_at < ?1 AND (status <> 'running' OR heard_at < ?1 - \(HeardTimes.grainMs))
            ORDER BY created_at LIMIT ?2
            """)
        ended = try Statement(connection, Self.endedSelection)
        identifiers = try Statement(
            connection, "SELECT uuid FROM nodes WHERE id IN (\(WorkflowSlice.keys(.nodes)))")
        shedDeletion = try Statement(connection, "DELETE FROM sheds WHERE workflow_id = ?")
        var values: [PayloadColumn.Table: Statement] = [:]
        var deletions: [PayloadColumn.Table: Statement] = [:]
        for table in PayloadColumn.Table.allCases {
            let rows = "id IN (\(WorkflowSlice.keys(table)))"
            let columns = PayloadColumn.columns(of: table).map(\.name).joined(separator: ", ")
            values[table] = try Statement(connection, "SELECT \(columns) FROM \(table.rawValue) WHERE \(rows)")
            deletions[table] = try Statement(connection, "DELETE FROM \(table.rawValue) WHERE \(rows)")
        }
        self.values = values
        self.deletions = deletions
    }

    /// Each status has its part of an index, in which those that began long ago stand first: of what began before a time, few
    /// ended behind it.
    static let endedSelection = """
        SELECT id, uuid FROM (
        \(["completed", "failed", "cancelled"].map { status in
            """
            SELECT * FROM (
                SELECT id, uuid, created_at FROM workflows INDEXED BY workflows_status
                WHERE status = '\(status)' AND created_at < ?1 AND ifnull(completed_at, created_at) < ?1
                ORDER BY created_at LIMIT ?2)
            """
        }.joined(separator: " UNION ALL "))
        ) ORDER BY created_at LIMIT ?2
        """

    /// Removes at most `limit` of these workflows, fewer if they are large, within a transaction; before all of them, the rest of
    /// one of which an earlier step has removed a part.
    ///
    /// - Parameter which: `nil` for that one alone.
    func step(_ which: PrunedWorkflows?, limit: Int) throws(StoreError) -> Removed {
        var removed = Removed()
        let chosen = try chosen(which, limit: limit)
        if !chosen.isEmpty {
            for table in PayloadColumn.Table.allCases { try RowKeys.remember(connection, of: table) }
        }
        for workflow in chosen where removed.rows < Self.rowsPerStep && !removed.isBroken {
            try remove(workflow, &removed)
        }
        let isLast = removed.workflows.count < limit && removed.workflows.count == chosen.count
        // Runs that came one after the other leave segments behind from which nothing more will go.
        let first = try segments.note(removed.positions)
        let hasStale = try segments.clear(before: isLast ? .max : first ?? 0, limit: Self.segmentsPerStep)
        removed.hasMore = !isLast || hasStale
        return removed
    }

    /// Removes a workflow, or as much of it as a step may.
    private func remove(_ workflow: Chosen, _ removed: inout Removed) throws(StoreError) {
        var left = Self.rowsPerStep
        // Calls before the nodes that they were made in.
        for table in [PayloadColumn.Table.generations, .nodes] {
            left -= try remove(WorkflowSlice(table: table, workflow: workflow.id, limit: left), &removed)
        }
        guard left > 0 else {
            removed.isBroken = true
            return try going.begin(workflow.id)
        }
        shedDeletion.bind(1, workflow.id)
        try shedDeletion.run()
        _ = try remove(WorkflowSlice(table: .workflows, workflow: workflow.id, limit: 1), &removed)
        try going.end()
        removed.workflows.append(workflow.identifier)
    }

    /// Returns how many rows it had.
    private func remove(_ slice: WorkflowSlice, _ removed: inout Removed) throws(StoreError) -> Int {
        guard let values = values[slice.table], let deletion = deletions[slice.table] else { return 0 }
        try counted.note(slice, in: rollups, times: -1)
        if slice.table == .nodes {
            defer { identifiers.reset() }
            slice.bind(to: identifiers)
            while try identifiers.step() { removed.nodes.append(identifiers.identifier(0)) }
        }
        slice.bind(to: values)
        try collectPositions(values, &removed.positions)
        slice.bind(to: deletion)
        try deletion.run()
        removed.rows += connection.changes
        return connection.changes
    }

    /// Goes on with what a pruning that was broken off has left: the rest of a workflow, then segments that are to be written anew.
    func resume() throws(StoreError) -> Removed {
        try step(nil, limit: 1)
    }

    /// Writes segments anew. Returns whether there are more.
    func clearStaleSegments() throws(StoreError) -> Bool {
        try segments.clear(limit: Self.segmentsPerStep)
    }

    private func chosen(_ which: PrunedWorkflows?, limit: Int) throws(StoreError) -> [Chosen] {
        let begun = try going.find()
        guard let which else { return begun.map { [$0] } ?? [] }
        let others = try workflows(which, limit: limit).filter { $0.id != begun?.id }
        return Array(((begun.map { [$0] } ?? []) + others).prefix(limit))
    }

    private func workflows(_ which: PrunedWorkflows, limit: Int) throws(StoreError) -> [Chosen] {
        let (selection, before) =
            switch which {
            case .began(let before): (begun, before)
            case .ended(let before): (ended, before)
            }
        defer { selection.reset() }
        selection.bind(1, before)
        selection.bind(2, Int64(limit))
        var found: [Chosen] = []
        while try selection.step() {
            found.append(Chosen(id: selection.integer(0), identifier: selection.identifier(1)))
        }
        return found
    }

    private func collectPositions(_ statement: Statement, _ positions: inout Set<Int64>) throws(StoreError) {
        defer { statement.reset() }
        while try statement.step() {
            for column in 0..<statement.columnCount where statement.isBlob(column) {
                if let reference = ValueReference(statement.bytes(column)) { positions.insert(reference.position) }
            }
        }
    }
}
