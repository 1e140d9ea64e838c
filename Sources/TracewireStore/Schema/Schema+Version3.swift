extension Schema {
    /// Version 3: large values leave the rows. Rows of older versions keep theirs, which are TEXT and stay valid.
    ///
    /// `start` is the place of a segment's first byte in the sequence of all values, `latest_at` the latest time of the
    /// records whose values it holds.
    static let version3 = """
        CREATE TABLE segments (
            start INTEGER PRIMARY KEY,
            raw_bytes INTEGER NOT NULL,
            latest_at INTEGER NOT NULL,
            data BLOB NOT NULL
        );
        """
}
