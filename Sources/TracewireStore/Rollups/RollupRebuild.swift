internal import TracewireProtocol

/// Makes the rollups anew from the rows that they count. Rows are read in a stream: memory is bounded by what one
/// ``Rollups`` gathers.
enum RollupRebuild {
    /// Replaces all rollups, within the caller's transaction.
    static func run(_ connection: Connection, nowMs: Int64) throws(StoreError) {
        try connection.execute(
            "DELETE FROM rollups; DELETE FROM rollup_keys; UPDATE rollup_horizon SET hour = 0")
        let rollups = try Rollups(connection)
        try CountedRows(connection).noteAll(in: rollups)
        try rollups.flush()
        while try rollups.fold(nowMs: nowMs) {}
    }

    /// Makes rollups beside the stored ones, in temporary tables, with their horizon. The caller ends it with
    /// ``discardCopy(_:)``.
    static func makeCopy(_ connection: Connection) throws(StoreError) -> Rollups {
        try discardCopy(connection)
        try connection.execute(Schema.rollups(in: "temp"))
        let horizon = try RollupRows(connection, schema: "main").horizon()
        let copy = try Rollups(connection, schema: "temp")
        try CountedRows(connection).noteAll(in: copy)
        try copy.flush()
        try copy.fold(to: horizon)
        return copy
    }

    static func discardCopy(_ connection: Connection) throws(StoreError) {
        for table in ["rollups", "rollup_keys", "rollup_horizon"] {
            try connection.execute("DROP TABLE IF EXISTS temp.\(table)")
        }
    }
}

// For pruning, checks and repairs.
extension StoreWriter {
    /// Makes all rollups anew from the rows, in one transaction.
    ///
    /// - Parameter nowMs: the collector's clock, in milliseconds since 1970.
    public func rebuildRollups(nowMs: Int64) throws(StoreError) {
        try write { () throws(StoreError) in
            try RollupRebuild.run(connection, nowMs: nowMs)
            try connection.execute("DELETE FROM lost_extremes")
        }
        // The numbers of names are others now.
        applier.forget()
    }

    /// Where the rollups do not say what the rows say: at most `limit` places, none if all is well. A
    /// least or greatest value that pruning took away and that is still looked for is well.
    public func rollupDifferences(limit: Int) throws(StoreError) -> [RollupDifference] {
        try write { () throws(StoreError) in try RollupComparison.differences(connection, limit: limit) }
    }
}
