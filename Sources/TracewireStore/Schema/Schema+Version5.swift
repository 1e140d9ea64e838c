extension Schema {
    /// Version 5: `sheds` counts what the programs that recorded a workflow had no room for, by program.
    static let version5 = """
        CREATE TABLE sheds (
            workflow_id INTEGER NOT NULL REFERENCES workflows (id),
            source BLOB NOT NULL,
            records INTEGER NOT NULL,
            payloads INTEGER NOT NULL,
            reported_at INTEGER NOT NULL,
            PRIMARY KEY (workflow_id, source)
        ) WITHOUT ROWID;
        """
}
