extension Schema {
    /// Version 7: `feed` says what was committed, event by event, for who watches.
    static let version7 = """
        CREATE TABLE feed (
            position INTEGER PRIMARY KEY,
            events BLOB NOT NULL
        );
        """
}
