extension Schema {
    /// Version 4: lists that are filtered by two of user, status and name read an index of their own, and nodes and
    /// generations are found by their time. Rollups are made anew from the rows. `stale_segments` names the segments that
    /// hold values of pruned workflows (``SegmentRemoval``).
    ///
    /// Measured on the workload, the three indexes on workflows are 1 % of a database and the two by time 3 %; together
    /// they cost 4 % of the rate. Those on workflows end with the time, like those by one column, which stay: a list by
    /// user alone would have to sort what an index with the status in between gives. Without the ones by time, whoever
    /// pruned runs that had come out of order read all nodes again and again for the least and greatest values of hours.
    static let version4 = """
        CREATE INDEX workflows_user_status ON workflows (user_id, status, created_at);
        CREATE INDEX workflows_user_name ON workflows (user_id, name, created_at);
        CREATE INDEX workflows_name_status ON workflows (name, status, created_at);
        CREATE INDEX nodes_at ON nodes (\(timeOfNode));
        CREATE INDEX generations_at ON generations (created_at);
        DROP TABLE rollups;
        DROP TABLE rollup_keys;
        \(rollups(in: "main"))
        CREATE TABLE stale_segments (start INTEGER PRIMARY KEY);
        """

    /// When a node started or, before that, was announced, as `nodes_at` has it.
    static let timeOfNode = "coalesce(started_at, pending_at)"

    /// The same, of the nodes that a query calls `alias`.
    static func timeOfNode(of alias: String) -> String { "coalesce(\(alias).started_at, \(alias).pending_at)" }

    /// What ``Rollups`` keeps.
    ///
    /// - `rollups.id` says which rollup it is (``RollupPlace``), `cells` is what it counts (``RollupCells``).
    /// - `rollup_keys` numbers nodes by name and type, and models by name and provider; an absent provider is an empty
    ///   blob.
    /// - `rollup_horizon` has one row: the first hour that is not part of a day and a total yet.
    static func rollups(in schema: String) -> String {
        """
        CREATE TABLE \(schema).rollups (
            id INTEGER PRIMARY KEY,
            cells BLOB NOT NULL
        );
        CREATE TABLE \(schema).rollup_keys (
            subject INTEGER NOT NULL,
            name TEXT NOT NULL,
            detail NOT NULL,
            id INTEGER NOT NULL,
            PRIMARY KEY (subject, name, detail)
        ) WITHOUT ROWID;
        CREATE TABLE \(schema).rollup_horizon (hour INTEGER NOT NULL);
        INSERT INTO \(schema).rollup_horizon VALUES (0);
        """
    }
}
