/// The versions of the tables, one file each: what ``Migrations`` runs. The text of a version does not change once it is
/// released.
///
/// - Every time is an integer: milliseconds since 1970, by the clock of the client that sent it; `first_seen`,
///   `last_seen`, `received_at` and `heard_at` are by the collector's clock.
/// - A JSON column is declared `JSON TEXT`: the second word gives it SQLite's text affinity, without which the JSON
///   text `123` would be stored as a number and `1e2` as `100.0`.
/// - Small columns stand before large ones: SQLite reads a row from its start, and must walk a large value's pages to
///   reach what stands behind it.
enum Schema {
    static let version1 = """
        CREATE TABLE users (
            id INTEGER PRIMARY KEY,
            uuid BLOB NOT NULL UNIQUE,
            username TEXT NOT NULL UNIQUE,
            email TEXT UNIQUE,
            created_at INTEGER NOT NULL,
            updated_at INTEGER NOT NULL
        );

        CREATE TABLE workflows (
            id INTEGER PRIMARY KEY,
            uuid BLOB NOT NULL UNIQUE,
            user_id INTEGER REFERENCES users (id),
            name TEXT NOT NULL,
            status TEXT NOT NULL,
            created_at INTEGER NOT NULL,
            updated_at INTEGER NOT NULL,
            completed_at INTEGER,
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
        CREATE INDEX workflows_user ON workflows (user_id);
        CREATE INDEX workflows_created ON workflows (created_at);
        CREATE INDEX workflows_status ON workflows (status, created_at);

        CREATE TABLE nodes (
            id INTEGER PRIMARY KEY,
            uuid BLOB NOT NULL UNIQUE,
            workflow_id INTEGER NOT NULL REFERENCES workflows (id),
            node_name TEXT NOT NULL,
            node_type TEXT NOT NULL,
            execution_order INTEGER NOT NULL,
            status TEXT NOT NULL,
            pending_at INTEGER,
            started_at INTEGER,
            completed_at INTEGER,
            duration_ms INTEGER,
            tags JSON TEXT,
            metadata JSON TEXT,
            error_message TEXT,
            error_traceback TEXT,
            input_data JSON TEXT,
            output_data JSON TEXT,
            state_data JSON TEXT
        );
        CREATE INDEX nodes_workflow ON nodes (workflow_id, execution_order);

        CREATE TABLE generations (
            id INTEGER PRIMARY KEY,
            uuid BLOB NOT NULL UNIQUE,
            workflow_id INTEGER NOT NULL REFERENCES workflows (id),
            node_id INTEGER REFERENCES nodes (id),
            model_name TEXT NOT NULL,
            model_provider TEXT,
            temperature REAL,
            max_tokens INTEGER,
            prompt_tokens INTEGER,
            completion_tokens INTEGER,
            total_tokens INTEGER,
            latency_ms INTEGER,
            created_at INTEGER NOT NULL,
            error_message TEXT,
            metadata JSON TEXT,
            system_prompt TEXT,
            user_prompt TEXT,
            output TEXT,
            parsed_output JSON TEXT
        );
        CREATE INDEX generations_workflow ON generations (workflow_id, created_at);
        CREATE INDEX generations_node ON generations (node_id);

        CREATE TABLE producers (
            id BLOB PRIMARY KEY,
            epoch INTEGER NOT NULL,
            last_sequence INTEGER NOT NULL,
            client_name TEXT NOT NULL,
            first_seen INTEGER NOT NULL,
            last_seen INTEGER NOT NULL
        ) WITHOUT ROWID;

        CREATE TABLE rejected_records (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            producer BLOB NOT NULL,
            sequence INTEGER NOT NULL,
            record_index INTEGER NOT NULL,
            kind TEXT,
            identity TEXT,
            code TEXT NOT NULL,
            message TEXT NOT NULL,
            received_at INTEGER NOT NULL,
            record BLOB NOT NULL
        );

        CREATE TABLE parked_records (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            producer BLOB NOT NULL,
            sequence INTEGER NOT NULL,
            record_index INTEGER NOT NULL,
            kind TEXT NOT NULL,
            identity TEXT,
            waits_for_kind TEXT NOT NULL,
            waits_for TEXT NOT NULL,
            received_at INTEGER NOT NULL,
            record BLOB NOT NULL
        );
        CREATE INDEX parked_records_wait ON parked_records (waits_for_kind, waits_for, kind = 'node.end');
        """
}
