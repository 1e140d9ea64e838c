-- A database as the first version of the schema made it, with runs whose values lie in the rows.
PRAGMA page_size = 8192;
PRAGMA journal_mode = WAL;
BEGIN;
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

INSERT INTO users (id, uuid, username, created_at, updated_at) VALUES (1, randomblob(16), 'kim', 1, 1);
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 200)
INSERT INTO workflows (id, uuid, user_id, name, status, created_at, updated_at, completed_at)
    SELECT i, randomblob(16), 1, 'old', 'completed', 1760000000000 + i, 1760000000000 + i, 1760000009000 + i FROM n;
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1600)
INSERT INTO nodes (uuid, workflow_id, node_name, node_type, execution_order, status, started_at, completed_at,
        duration_ms, state_data)
    SELECT randomblob(16), (i + 7) / 8, 'search', 'tool', i % 8, 'completed', 1760000000000 + i, 1760000001000 + i, 1000,
        '"' || hex(randomblob(10000)) || '"' FROM n;
PRAGMA application_id = 1414677335;
PRAGMA user_version = 1;
COMMIT;
