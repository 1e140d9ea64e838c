extension Schema {
    /// Version 7: `feed` says what was committed, event by event, for who watches. `feed_origins` tells the events behind a
    /// position from those that another copy of the database has under the same numbers.
    static let version7 = """
        CREATE TABLE feed (
            position INTEGER PRIMARY KEY,
            events BLOB NOT NULL
        );
        CREATE TABLE feed_origins (
            position INTEGER PRIMARY KEY,
            origin BLOB NOT NULL
        );
        """
}
