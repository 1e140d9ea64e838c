extension Schema {
    /// Version 9: what was rejected of a run, or waits, is found by it. Records of older versions name no run.
    static let version9 = """
        ALTER TABLE rejected_records ADD COLUMN workflow BLOB;
        ALTER TABLE parked_records ADD COLUMN workflow BLOB;
        CREATE INDEX rejected_records_workflow ON rejected_records (workflow) WHERE workflow IS NOT NULL;
        CREATE INDEX parked_records_workflow ON parked_records (workflow) WHERE workflow IS NOT NULL;
        """
}
