internal import TracewireProtocol

/// Which workflows go, the oldest first.
enum PrunedWorkflows {
    /// Those that began before then, in milliseconds since 1970, but for running ones that were heard of since.
    case began(before: Int64)
    /// Those that had ended before then. Running ones stay, however old they are.
    case ended(before: Int64)
}

/// Removes whole workflows, a few at a time: their rows, what they contributed, and at the end their values.
final class Pruning {
    /// A step that has removed so many rows takes no further workflow: they differ in size by four orders of magnitude.
    private static let rowsPerStep = 4_096
    /// Stale segments that a step writes anew: some milliseconds each.
    private static let segmentsPerStep = 4

    private let connection: Connection
    private let segments: SegmentRemoval
    private let begun: Statement
    private let ended: Statement
    private let identifiers: Statement
    private let values: [Statement]
    private let deletions: [Statement]

    /// What a step removed.
    struct Removed {
        var workflows: [Identifier] = []
        var nodes: [Identifier] = []
        /// Whether another step may remove more.
        var hasMore = false
    }

    init(_ connection: Connection, _ rows: SegmentRows) throws(StoreError) {
        self.connection = connection
        segments = try SegmentRemoval(connection, rows)
        // A running workflow of which something was heard since is not over yet, however long ago it began. What was heard
        // may be later than the column says.
        begun = try Statement(
            connection,
            """
            SELECT id, uuid FROM workflows WHERE created_at < ?1 AND (status <> 'running' OR heard_at < ?1 - \(HeardTimes.grainMs))
            ORDER BY created_at LIMIT ?2
            """)
        ended = try Statement(connection, Self.endedSelection)
        identifiers = try Statement(connection, "SELECT uuid FROM nodes WHERE workflow_id = ?")
        var values: [Statement] = []
        var deletions: [Statement] = []
        // Children first: they refer to their parents.
        deletions.append(try Statement(connection, "DELETE FROM sheds WHERE workflow_id = ?"))
        for (table, key) in [("generations", "workflow_id"), ("nodes", "workflow_id"), ("workflows", "id")] {
            let columns = PayloadColumn.allCases.filter { $0.table.rawValue == table }.map(\.name)
            values.append(
                try Statement(connection, "SELECT \(columns.joined(separator: ", ")) FROM \(table) WHERE \(key) = ?"))
            deletions.append(try Statement(connection, "DELETE FROM \(table) WHERE \(key) = ?"))
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

    /// Removes at most `limit` of these workflows, fewer if they are large, within a transaction.
    func step(
        _ which: PrunedWorkflows, limit: Int, forget: (_ workflow: Int64) throws(StoreError) -> Void
    ) throws(StoreError) -> Removed {
        var removed = Removed()
        var positions: Set<Int64> = []
        var rows = 0
        let chosen = try workflows(which, limit: limit)
        if !chosen.isEmpty {
            for table in PayloadColumn.Table.allCases { try RowKeys.remember(connection, of: table) }
        }
        for (id, identifier) in chosen where rows < Self.rowsPerStep {
            try forget(id)
            removed.workflows.append(identifier)
            try collectNodes(of: id, &removed.nodes)
            for statement in values { try collectPositions(statement, id, &positions) }
            for statement in deletions {
                statement.bind(1, id)
                try statement.run()
                rows += connection.changes
            }
        }
        let isLast = removed.workflows.count < limit && removed.workflows.count == chosen.count
        // Runs that came one after the other leave segments behind from which nothing more will go.
        let first = try segments.note(positions)
        let hasStale = try segments.clear(before: isLast ? .max : first ?? 0, limit: Self.segmentsPerStep)
        removed.hasMore = !isLast || hasStale
        return removed
    }

    /// Writes segments anew that a pruning which was broken off has left. Returns whether there are more.
    func clearStaleSegments() throws(StoreError) -> Bool {
        try segments.clear(limit: Self.segmentsPerStep)
    }

    private func workflows(_ which: PrunedWorkflows, limit: Int) throws(StoreError) -> [(Int64, Identifier)] {
        let (selection, before) =
            switch which {
            case .began(let before): (begun, before)
            case .ended(let before): (ended, before)
            }
        defer { selection.reset() }
        selection.bind(1, before)
        selection.bind(2, Int64(limit))
        var found: [(Int64, Identifier)] = []
        while try selection.step() { found.append((selection.integer(0), selection.identifier(1))) }
        return found
    }

    private func collectNodes(of workflow: Int64, _ nodes: inout [Identifier]) throws(StoreError) {
        defer { identifiers.reset() }
        identifiers.bind(1, workflow)
        while try identifiers.step() { nodes.append(identifiers.identifier(0)) }
    }

    private func collectPositions(
        _ statement: Statement, _ workflow: Int64, _ positions: inout Set<Int64>
    ) throws(StoreError) {
        defer { statement.reset() }
        statement.bind(1, workflow)
        while try statement.step() {
            for column in 0..<statement.columnCount where statement.isBlob(column) {
                if let reference = ValueReference(statement.bytes(column)) { positions.insert(reference.position) }
            }
        }
    }
}
