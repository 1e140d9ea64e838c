extension Schema {
    /// - `workflows.heard_at`: when the collector last accepted a record of the workflow, by its own clock, to within
    ///   ten seconds. Of older rows nothing better is known than the latest time that the clients gave.
    ///
    /// - Indexes by user and name end with the time, like that by status: lists are in its order.
    ///
    /// The table is made anew, so that the column stands before the large ones. No other table is touched: foreign keys
    /// name `workflows`, and are not enforced while a database is migrated.
    static let version2 = """
        CREATE TABLE workflows_2 (
            id INTEGER PRIMARY KEY,
            uuid BLOB NOT NULL UNIQUE,
            user_id INTEGER REFERENCES users (id),
            name TEXT NOT NULL,
            status TEXT NOT NULL,
            created_at INTEGER NOT NULL,
            updated_at INTEGER NOT NULL,
            completed_at INTEGER,
            heard_at INTEGER NOT NULL,
            end_reason TEXT,
            input_type TEXT,
            search_radius INTEGER,
            tags JSON TEXT,
            metadata JSON TEXT,
            user_input TEXT,
            time_settings JSON TEXT,
            date_theme JSON TEXT,
            user_intent JSON TEXT,
            started_intent JSON TEXT,
            final_itinerary JSON TEXT
        );
        INSERT INTO workflows_2
        SELECT id, uuid, user_id, name, status, created_at, updated_at, completed_at,
            min(CAST(strftime('%s', 'now') AS INTEGER) * 1000,
                max(updated_at,
                    coalesce((SELECT max(max(coalesce(pending_at, 0), coalesce(started_at, 0), coalesce(completed_at, 0)))
                        FROM nodes WHERE workflow_id = w.id), 0),
                    coalesce((SELECT max(created_at) FROM generations WHERE workflow_id = w.id), 0))),
            end_reason, input_type, search_radius, tags, metadata, user_input, time_settings, date_theme, user_intent,
            started_intent, final_itinerary
        FROM workflows w;
        DROP TABLE workflows;
        ALTER TABLE workflows_2 RENAME TO workflows;
        CREATE INDEX workflows_user ON workflows (user_id, created_at);
        CREATE INDEX workflows_name ON workflows (name, created_at);
        CREATE INDEX workflows_status ON workflows (status, created_at);
        CREATE INDEX workflows_created ON workflows (created_at);
        CREATE INDEX workflows_heard ON workflows (heard_at) WHERE status = 'running';
        CREATE TABLE rollups (
            id INTEGER PRIMARY KEY,
            cells BLOB NOT NULL,
            first_row INTEGER,
            last_row INTEGER
        );
        CREATE TABLE rollup_keys (
            subject INTEGER NOT NULL,
            name TEXT NOT NULL,
            detail NOT NULL,
            id INTEGER NOT NULL,
            PRIMARY KEY (subject, name, detail)
        ) WITHOUT ROWID;
        """
}
